/**
 * What the simulated programs do with denials: they deny nodes that are not here, and allow some of them again; at the end
 * one that is denied comes to the mesh. A ledger knows what each list must have.
 *
 * Who calls it: the simulation, where its workloads name `denials`. No member is ever denied: what that does to its links is
 * what other checkers call a failure. Invariant: only programs whose event loop turns act.
 */

import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';

const allowShare = 0.3;
const outcastName = 'outcast';

export class DenialWorkload {
  readonly counts: Record<string, number> = { denied: 0, allowed: 0 };
  private readonly mesh: Mesh;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  /** Of nobody else has a denial been said. */
  private readonly named = new Set<string>();
  /** Denials that were resolved, which nobody has tried to take back, with the program that has them for certain. */
  private readonly lasting = new Map<string, Life>();
  private lastNumber = 0;

  constructor(mesh: Mesh, actsPerSecond: number) {
    this.mesh = mesh;
    this.random = mesh.world.random.fork('denials');
    this.pace = new Pace(mesh.world, this.random, actsPerSecond, () => this.act());
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
  }

  deny(life: Life, name: string): void {
    const identity = [...this.random.bytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    this.named.add(name);
    this.mesh.world.touchProgram();
    life.node.swarm.deny(name, { identity }).then(
      () => {
        this.count('denied');
        if (isRunning(life)) this.lasting.set(name, life);
      },
      (error: unknown) => this.failed(life, error),
    );
  }

  /** What is wrong with the lists of all that run; they are the same once what was said has gone round. */
  async problems(): Promise<string[]> {
    const lists = await this.mesh.ask(({ node }) => node.swarm.denied());
    const texts = new Set<string>();
    const problems: string[] = [];
    for (const [life, denied] of lists) {
      const names = denied.map(({ name }) => name);
      texts.add(names.join(' '));
      const missing = [...this.lasting].flatMap(([name, by]) =>
        isRunning(by) && !names.includes(name) ? [name] : [],
      );
      const invented = names.filter((name) => !this.named.has(name));
      if (missing.length > 0)
        problems.push(`${life.node.name} does not know that ${missing.join(' ')} is denied`);
      if (invented.length > 0) problems.push(`${life.node.name} has a denial of ${invented.join(' ')}`);
    }
    if (texts.size > 1) problems.push(`there are ${texts.size} lists of who is denied`);
    return problems;
  }

  /** A node that all have denied comes. @returns those that have let it in. */
  async outcastComes(forMs: number): Promise<string[]> {
    const outcast = this.mesh.add({ name: outcastName });
    await this.mesh.start(outcast);
    await this.mesh.world.run(forMs);
    const within = this.mesh.living.filter(
      (life) => life.member !== outcast && life.knows.has(outcast.nodeName),
    );
    this.mesh.remove(outcast);
    return within.map(({ node }) => node.name);
  }

  denyOutcast(): void {
    const [life] = this.mesh.living;
    if (life !== undefined) this.deny(life, outcastName);
  }

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const known = [...this.lasting.keys()];
    if (known.length > 0 && this.random.chance(allowShare)) this.allow(life, this.random.pick(known));
    else this.deny(life, `absent-${++this.lastNumber}`);
  }

  private allow(life: Life, name: string): void {
    this.lasting.delete(name);
    this.mesh.world.touchProgram();
    life.node.swarm.allow(name).then(
      () => this.count('allowed'),
      // It may not have heard yet that it is denied.
      () => undefined,
    );
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  private failed(life: Life, error: unknown): void {
    if (isRunning(life) && !life.isLeaving)
      this.mesh.world.fail(`${life.member.name} cannot deny: ${String(error)}`);
  }
}
