/**
 * A mesh in memory for users' own tests: real nodes, simulated machines, virtual time.
 *
 * Who calls it: tests of programs that use skein. It is a narrow door into `sim/`: names instead of
 * members, promises instead of events. Invariant: virtual time passes only inside `run`, `pass`, `until`
 * and what is built on them; so a test never waits, and the same seed gives the same run.
 */

import { storeModels } from '../features/store-models.ts';
import type { AnyBehavior } from '../kernel/contracts.ts';
import { checkName } from '../kernel/identity.ts';
import { limits } from '../kernel/limits.ts';
import { checkOptions, checkWhole, shown } from '../kit/arguments.ts';
import type { AnyFeature } from '../kit/feature.ts';
import type { SkeinNode } from '../node/node.ts';
import { partition } from '../sim/world/faults/faults.ts';
import { Disk } from '../sim/world/machine/disk.ts';
import type { Host } from '../sim/world/machine/host.ts';
import type { Life, Member } from '../sim/world/member.ts';
import { Mesh } from '../sim/world/mesh.ts';
import { World } from '../sim/world/world.ts';

/** What a mesh in memory is like. */
export interface TestMeshOptions {
  /** The same seed gives the same run. Default 1. */
  readonly seed?: number;
  /** Links each node tries to keep. Default 3. */
  readonly degree?: number;
  /** Mean one-way delay of a link. Default 1. */
  readonly latencyMs?: number;
  /** Of 100 packets: datagrams vanish, links wait for the repeat. Default 0. */
  readonly lossPercent?: number;
}

/** What a node of it is given. */
export interface TestNodeOptions {
  /** Default: that of the mesh. */
  readonly degree?: number;
  /** The program's own behaviors, made anew at each start. */
  readonly behaviors?: () => readonly AnyBehavior[];
  /** The program's own features. */
  readonly features?: readonly AnyFeature[];
  /** Logs the envelopes of the messages that it sends, as the option of `createNode`. Default false. */
  readonly logMessages?: boolean;
}

/**
 * A mesh in memory, in virtual time.
 *
 * Its nodes use the swarm (letters, conversations, queries, the log, who was ever here) as those of one machine do: they
 * join a formation of the mesh when one of them first uses it, and the swarm is kept in memory, where it outlives each of
 * them. A node that cannot reach the broker keeps its letters in its outbox.
 */
export interface TestMesh extends AsyncDisposable {
  /** Virtual milliseconds since the mesh was made. */
  readonly now: number;
  /** Those that run, in the order in which they were first started. */
  readonly nodes: readonly SkeinNode[];
  /** @throws Error when no node of this name runs. */
  node(name: string): SkeinNode;
  /** Starts a node on a machine of its own, or again on its old one; resolves once all know all. */
  start(name: string, options?: TestNodeOptions): Promise<SkeinNode>;
  /**
   * Lets time pass until this has settled. Only what waits for the mesh gets on: real timers and real I/O
   * do not, since virtual time does not wait for them.
   * @param limitMs Virtual. Default 60,000.
   * @throws what it rejects with; Error when the time is over.
   */
  run<Value>(work: Promise<Value> | (() => Promise<Value>), limitMs?: number): Promise<Value>;
  /** Lets this much time pass. */
  pass(milliseconds: number): Promise<void>;
  /** Lets time pass until the condition holds. @throws Error when it does not within the limit (default 60,000). */
  until(condition: () => boolean, limitMs?: number): Promise<void>;
  /** Until every running node knows every other and nobody else. */
  untilAllKnowAll(limitMs?: number): Promise<void>;
  /** Kills the node at once, as SIGKILL would; its machine closes its sockets. */
  crash(name: string): void;
  /** Its event loop stands still, as with SIGSTOP or a long computation. */
  pause(name: string): void;
  /** It goes on. */
  resume(name: string): void;
  /** Nothing passes between these nodes and the rest, until the returned function is called. */
  separate(names: readonly string[]): () => void;
  /** Ends all nodes. Closing a node by itself (`node.close()`) is `run(node.close())`. */
  close(): Promise<void>;
}

const limitDefaultMs = 60_000;
/** Any node may bind it; one does at a time. */
const formationAddress = '10.9.0.1:7015';
/** With much more no dial is through before its timeout of 3 s. */
const latencyMsMax = 1000;
/** With more no mesh holds together, as in `skein sim`. */
const lossPercentMax = 50;

/** A mesh of these nodes that know each other. @throws TypeError for names and options that do not fit. */
export async function createTestMesh(
  names: readonly string[] = [],
  options: TestMeshOptions = {},
): Promise<TestMesh> {
  checkMeshOptions(options);
  if (!Array.isArray(names)) throw new TypeError(`createTestMesh: names are a list, got ${shown(names)}`);
  const mesh = new SimulatedTestMesh(options);
  for (const name of names) mesh.launch(name, {});
  await mesh.untilAllKnowAll();
  return mesh;
}

class SimulatedTestMesh implements TestMesh {
  private readonly world: World;
  private readonly mesh: Mesh;
  /** Where the swarm is kept: each broker opens what the one before it has kept. */
  private readonly swarmDisk = new Disk();
  /** All hosts: the formation's address is that of their machine. */
  private readonly machine: Host[] = [];
  private failuresSeen = 0;

  constructor({ seed = 1, degree = 3, latencyMs = 1, lossPercent = 0 }: TestMeshOptions) {
    this.world = new World({ seed });
    this.mesh = new Mesh(this.world, { degree, network: { latencyMs, loss: lossPercent / 100 } });
  }

  get now(): number {
    return this.world.now;
  }

  get nodes(): readonly SkeinNode[] {
    return this.mesh.living.map(({ node }) => node);
  }

  node(name: string): SkeinNode {
    return this.life(name).node;
  }

  async start(name: string, options: TestNodeOptions = {}): Promise<SkeinNode> {
    const { node } = this.launch(name, options);
    await this.untilAllKnowAll();
    return node;
  }

  launch(name: string, options: TestNodeOptions): Life {
    checkName(name);
    checkNodeOptions(options);
    const member = this.mesh.member(name) ?? this.add(name, options);
    if (member.life !== undefined) throw new Error(`a node called ${name} runs already`);
    return this.mesh.start(member);
  }

  async run<Value>(
    work: Promise<Value> | (() => Promise<Value>),
    limitMs: number = limitDefaultMs,
  ): Promise<Value> {
    const value = await this.world.resolve(typeof work === 'function' ? work() : work, limitMs);
    this.throwFailures();
    return value;
  }

  async pass(milliseconds: number): Promise<void> {
    await this.world.run(milliseconds);
    this.throwFailures();
  }

  async until(condition: () => boolean, limitMs: number = limitDefaultMs): Promise<void> {
    const holds = await this.world.runUntil(condition, limitMs);
    this.throwFailures();
    if (!holds) throw new Error(`the condition did not hold within ${limitMs} ms of virtual time`);
  }

  async untilAllKnowAll(limitMs: number = limitDefaultMs): Promise<void> {
    await this.until(() => this.mesh.allKnowAll, limitMs);
  }

  crash(name: string): void {
    this.mesh.crash(this.life(name).member);
  }

  pause(name: string): void {
    this.life(name).platform.pause();
  }

  resume(name: string): void {
    this.life(name).platform.resume();
    this.world.touchProgram();
  }

  separate(names: readonly string[]): () => void {
    const fault = partition(names.map((name) => this.member(name)));
    fault.start(this.mesh);
    return () => fault.end(this.mesh);
  }

  async close(): Promise<void> {
    this.mesh.killAll();
    await this.world.run(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private add(name: string, options: TestNodeOptions): Member {
    const formationWhenWanted = [formationAddress];
    const member = this.mesh.add({ name, ...options, store: storeModels, formationWhenWanted });
    member.host.disk = this.swarmDisk;
    this.machine.push(member.host);
    if (this.machine.length === 1) this.mesh.network.places.add(formationAddress, this.machine);
    return member;
  }

  private member(name: string): Member {
    const member = this.mesh.member(name);
    if (member !== undefined) return member;
    const known = this.mesh.members.map((each) => each.name).join(', ') || 'none yet';
    throw new Error(`there is no node called ${name}; nodes of this mesh: ${known}`);
  }

  private life(name: string): Life {
    const { life } = this.member(name);
    if (life === undefined) throw new Error(`${name} does not run`);
    return life;
  }

  /** What a program threw out of an event, or a node that ended by itself: a test should not pass over it. */
  private throwFailures(): void {
    const failures = this.world.failures.slice(this.failuresSeen);
    this.failuresSeen += failures.length;
    if (failures.length > 0) throw new Error(failures.join('\n'));
  }
}

function checkMeshOptions(options: TestMeshOptions): void {
  checkOptions('createTestMesh', options, ['seed', 'degree', 'latencyMs', 'lossPercent']);
  const { seed, degree, latencyMs, lossPercent } = options;
  if (seed !== undefined) checkWhole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  if (degree !== undefined) checkWhole('degree', degree, 0, limits.linksMax);
  checkNumber('latencyMs', latencyMs, latencyMsMax);
  checkNumber('lossPercent', lossPercent, lossPercentMax);
}

function checkNodeOptions(options: TestNodeOptions): void {
  checkOptions('start', options, ['degree', 'behaviors', 'features', 'logMessages']);
  const { degree, behaviors, logMessages } = options;
  if (degree !== undefined) checkWhole('degree', degree, 0, limits.linksMax);
  if (behaviors !== undefined && typeof behaviors !== 'function')
    throw new TypeError(`behaviors is a function that makes them, got ${shown(behaviors)}`);
  if (logMessages !== undefined && typeof logMessages !== 'boolean')
    throw new TypeError(`logMessages is true or false, got ${shown(logMessages)}`);
}

function checkNumber(name: string, value: unknown, max: number): void {
  if (value === undefined || (typeof value === 'number' && value >= 0 && value <= max)) return;
  throw new TypeError(`${name} is a number from 0 to ${max}, got ${shown(value)}`);
}
