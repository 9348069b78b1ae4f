/**
 * What the simulated programs do with the log: some follow it, some list parts of it, and one at a time keeps it, on one
 * node or another.
 *
 * Who calls it: the simulation, where its workloads name `log`. Invariant: only programs whose event loop turns act, and
 * all that they read goes to the history.
 */

import type { MessageSubscription } from '../../../kit/streams.ts';
import { readGroundTruth } from '../../../sim/world/checkers/ground-truth.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Machines } from '../../swarm/sim/machines.ts';
import type { LogEntry } from '../api.ts';
import { logLimits } from '../core/limits.ts';
import type { LogHistory } from './log-history.ts';

const followShare = 0.6;
const moveShare = 0.3;
const throwShare = 0.1;
const lastMax = 40;
const readerName = 'audit';
/** A question, its answer and what confirms both, on each link on their way. */
const askBytes = 600;

export class LogWorkload {
  /** What was kept, by number. */
  readonly kept = new Set<number>();
  private readonly mesh: Mesh;
  private readonly history: LogHistory;
  private readonly machines: Machines;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  private readonly followers = new Set<Life>();
  private reader: { readonly life: Life; readonly subscription: MessageSubscription } | undefined;
  private isGood = false;

  constructor(mesh: Mesh, history: LogHistory, machines: Machines, actsPerSecond: number) {
    this.mesh = mesh;
    this.history = history;
    this.machines = machines;
    this.random = mesh.world.random.fork('log');
    this.pace = new Pace(mesh.world, this.random, actsPerSecond, () => this.act());
    mesh.observers.push({
      started: (life) => {
        // What has ended its node has ended it.
        if (!this.random.chance(followShare)) return;
        this.followers.add(life);
        this.follow(life).catch(() => undefined);
      },
    });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
    this.isGood = true;
  }

  /** Who follows, or keeps, asks again and again where nothing happens. */
  async idleBytesPerSecond(): Promise<number> {
    const [life] = this.mesh.living;
    if (life === undefined) return 0;
    const readers = [...this.followers].filter(isRunning).length + 1;
    const distances = [...(await readGroundTruth(this.mesh)).distancesFrom(life.node.name).values()];
    const hops = distances.reduce((sum, distance) => sum + distance, 0) / Math.max(1, distances.length);
    return (readers * hops * askBytes * 1000) / logLimits.logWaitMs;
  }

  /** A durable reader that runs: on this one where the last one has died, or has another one's name. */
  keepOn(life: Life): void {
    const { reader } = this;
    if (reader === undefined || !isRunning(reader.life) || this.machines.isStranger(reader.life))
      this.keep(life);
  }

  private async follow(life: Life): Promise<void> {
    let before: LogEntry | undefined;
    for await (const entry of life.node.log.follow()) {
      this.history.read(`follower ${life.node.name}`, before, [entry]);
      before = entry;
    }
  }

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    if (this.random.chance(moveShare)) this.keep(life);
    else this.list(life);
  }

  private list(life: Life): void {
    this.mesh.world.touchProgram();
    life.node.log.list({ last: this.random.integer(1, lastMax) }).then(
      ({ entries }) => this.history.read(`list at ${life.node.name}`, undefined, entries),
      // Without a broker, or while its disk fails.
      () => undefined,
    );
  }

  private keep(life: Life): void {
    void this.reader?.subscription.close();
    this.mesh.world.touchProgram();
    let before: LogEntry | undefined;
    const subscription = life.node.log.keep(readerName, (entries) => {
      if (!this.isGood && this.random.chance(throwShare)) throw new Error('as planned');
      this.history.read(`durable reader ${life.node.name}`, before, entries);
      before = entries.at(-1);
      for (const { n } of entries) this.kept.add(n);
    });
    this.reader = { life, subscription };
  }
}
