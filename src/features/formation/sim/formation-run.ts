/**
 * A formation in the simulator: nodes on a few machines, each with one of the formation's addresses, and what befalls
 * its broker.
 *
 * Who calls it: the tests and the report. Invariant: everything follows from the seed; what took too long or was
 * wrong is among the world's failures.
 */

import type { SkeinError } from '../../../kernel/errors.ts';
import type { CheckCounts } from '../../../sim/world/checkers/checkers.ts';
import { partition } from '../../../sim/world/faults/network-faults.ts';
import type { Life, Member } from '../../../sim/world/member.ts';
import { Mesh } from '../../../sim/world/mesh.ts';
import { World } from '../../../sim/world/world.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';
import type { FormationStatus } from '../core/formation-types.ts';
import { Brokers } from './brokers.ts';

export interface FormationRunOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Machines, and addresses of the formation. */
  readonly machines: number;
  readonly latencyMs?: number;
  readonly degree?: number;
  /** The parts of the store of each machine, which its members share. Default: they have none. */
  readonly stores?: readonly AnyStoreModel[] | undefined;
  /** Names of nodes that log the messages that they send. */
  readonly logMessages?: readonly string[];
}

/** Virtual. */
const limitMs = 30_000;

/** Of a member whose program runs. */
export function lifeOf(member: Member | undefined): Life {
  return member?.life as Life;
}

export class FormationRun {
  readonly world: World;
  readonly mesh: Mesh;
  readonly checks: CheckCounts = {};
  readonly brokers: Brokers;
  readonly addresses: readonly string[];
  /** The members of each machine. */
  readonly machines: readonly (readonly Member[])[];

  constructor(options: FormationRunOptions) {
    const { seed, nodes, machines, latencyMs = 5, degree = 3, stores, logMessages } = options;
    this.world = new World({ seed });
    this.mesh = new Mesh(this.world, { degree, network: { latencyMs } });
    this.brokers = new Brokers(this.mesh, this.checks);
    this.addresses = Array.from({ length: machines }, (_, i) => `10.9.0.${i + 1}:7015`);
    const members = Array.from({ length: nodes }, (_, i) =>
      this.mesh.add({
        name: `n${i + 1}`,
        formation: this.addresses,
        logMessages: logMessages?.includes(`n${i + 1}`) === true,
        ...(stores === undefined ? {} : { store: stores }),
      }),
    );
    this.machines = this.addresses.map((_, at) => members.filter((_member, i) => i % machines === at));
    for (const [first, ...rest] of this.machines)
      for (const { host } of rest) host.disk = (first as Member).host.disk;
    for (const [i, address] of this.addresses.entries())
      this.mesh.network.places.add(
        address,
        (this.machines[i] ?? []).map(({ host }) => host),
      );
  }

  /** All start within a second. */
  start(): void {
    const random = this.world.random.fork('starts');
    for (const member of this.mesh.members)
      this.world.at(this.world.now + random.between(0, 1000), () => void this.mesh.start(member));
  }

  /** All start, and follow one broker. */
  async begin(): Promise<void> {
    this.start();
    await this.agreed(this.mesh.members, limitMs);
  }

  get broker(): Life {
    const [broker, ...others] = this.brokers.all;
    if (broker === undefined || others.length > 0)
      throw new Error(`${this.brokers.all.length} brokers where one is expected`);
    return broker;
  }

  /** Members that are not the broker, in order. */
  get others(): Member[] {
    const { member: broker } = this.broker;
    return this.mesh.members.filter((member) => member !== broker);
  }

  machineOf(life: Life): readonly Member[] {
    return this.machines.find((members) => members.includes(life.member)) ?? [];
  }

  /** @returns after how many milliseconds all of these follow one broker among them; undefined: not in time. */
  async agreed(members: readonly Member[], limitMs: number): Promise<number | undefined> {
    const begun = this.world.now;
    const lives = () => members.flatMap(({ life }) => life ?? []);
    const isAgreed = await this.world.runUntil(
      () => lives().length === members.length && this.brokers.agree(lives()),
      limitMs,
    );
    if (isAgreed) return this.world.now - begun;
    this.world.fail(`${members.length} nodes do not follow one broker after ${limitMs} ms`);
    return undefined;
  }

  /** @throws Error when the condition does not hold in time. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (!(await this.world.runUntil(condition, limitMs)))
      throw new Error(`${what}: not within ${limitMs} ms`);
  }

  /** What it fails with. @throws Error when it does not. */
  async problemOf(promise: Promise<unknown>): Promise<SkeinError> {
    try {
      await this.world.resolve(promise);
    } catch (error) {
      return error as SkeinError;
    }
    throw new Error('it did not fail');
  }

  /** The machine of the broker is cut off from all others, until the returned function is called. */
  cutOff(machine: readonly Member[]): () => void {
    const fault = partition(machine);
    fault.start(this.mesh);
    return () => fault.end(this.mesh);
  }

  /** How many the broker has in its directory, itself included. */
  async directorySize(): Promise<number | undefined> {
    const { features } = await this.world.resolve(this.broker.node.status());
    return (features.formation as FormationStatus).members;
  }

  end(): void {
    this.mesh.killAll();
  }
}
