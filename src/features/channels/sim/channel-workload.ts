/**
 * What the simulated programs do besides sending: they open channels to each other and move bytes both ways.
 *
 * Who calls it: the simulation, where its workload is `channels`. Invariant: only programs whose event loop turns
 * act; what each channel is to carry follows from its number, and everything that comes goes to the ledger.
 */

import type { Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Channel, PairRequest } from '../api.ts';
import { type ChannelLedger, type PlannedChannel, patternOf, type Side } from './channel-ledger.ts';

const bytesMax = 200_000;
const largeBytesMax = 3_000_000;
const largeShare = 0.05;
const writeBytesMax = 40_000;
const windowsBytes = [16 * 1024, 64 * 1024, 256 * 1024, 2 * 1024 * 1024] as const;
const timeoutsMs = [3000, 10_000] as const;
/** Now and then a reader stops for a while. */
const pauseShare = 0.05;
const pauseMsMax = 4000;
/** A writer waits between writes, so that channels are open while something happens. */
const slowWriterShare = 0.5;
const writeGapMsMax = 400;
const givenUpShare = 0.1;
const givenUpMsMax = 5000;
const refusedShare = 0.05;
const ignoredShare = 0.03;
const decideMsMax = 500;

export class ChannelWorkload {
  private readonly mesh: Mesh;
  private readonly ledger: ChannelLedger;
  private readonly random: SeededRandom;
  private readonly pace: Pace;

  constructor(mesh: Mesh, ledger: ChannelLedger, channelsPerSecond: number) {
    this.mesh = mesh;
    this.ledger = ledger;
    this.random = mesh.world.random.fork('channels');
    this.pace = new Pace(mesh.world, this.random, channelsPerSecond, () => this.act());
    mesh.observers.push({ started: (life) => void this.acceptAll(life) });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
  }

  /** One that nobody gives up or refuses, from this program to another. */
  probe(life: Life): PlannedChannel | undefined {
    const others = this.mesh.living.filter((other) => other !== life);
    if (others.length === 0) return undefined;
    const to = this.random.pick(others).node.name;
    return this.open(life, to, { bytes: [5000, 5000], isProbe: true });
  }

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const to = this.random.pick(this.mesh.members).nodeName;
    if (to === life.node.name) return;
    const most = this.random.chance(largeShare) ? largeBytesMax : bytesMax;
    const bytes = [this.random.integer(0, most), this.random.integer(0, bytesMax)] as const;
    this.open(life, to, { bytes, isProbe: false });
  }

  private open(
    life: Life,
    to: string,
    { bytes, isProbe }: { bytes: readonly [number, number]; isProbe: boolean },
  ): PlannedChannel {
    const planned = this.ledger.planned(life, to, bytes, isProbe);
    const options = {
      protocol: `c${planned.number}`,
      windowBytes: this.random.pick(windowsBytes),
      timeoutMs: isProbe ? 10_000 : this.random.pick(timeoutsMs),
    };
    this.mesh.world.touchProgram();
    life.node.pair(to, options).then(
      (channel) => this.carry(planned, 'opener', life, channel),
      (error: unknown) => this.ledger.failed(planned, 'opener', life, error),
    );
    return planned;
  }

  private async acceptAll(life: Life): Promise<void> {
    try {
      for await (const request of life.node.pairs()) this.decide(life, request);
    } catch {
      // The node has ended, which the mesh is told in its own way.
    }
  }

  private decide(life: Life, request: PairRequest): void {
    const planned = this.ledger.asked(life, request);
    if (planned === undefined) return;
    const draw = planned.isProbe ? 1 : this.random.next();
    if (draw < refusedShare) return request.refuse('as planned');
    if (draw < refusedShare + ignoredShare) return;
    const windowBytes = this.random.pick(windowsBytes);
    const accept = (): void => this.carry(planned, 'acceptor', life, request.accept({ windowBytes }));
    if (draw < 0.5) accept();
    else life.platform.after(this.random.between(0, decideMsMax), accept);
  }

  private carry(planned: PlannedChannel, side: Side, life: Life, channel: Channel): void {
    this.ledger.opened(planned, side, life, channel);
    channel.on('data', (bytes: Uint8Array) => {
      this.ledger.received(planned, side, bytes);
      if (planned.isProbe || !this.random.chance(pauseShare)) return;
      channel.pause();
      life.platform.after(this.random.between(0, pauseMsMax), () => channel.resume());
    });
    channel.on('end', () => this.ledger.ended(planned, side));
    channel.on('finish', () => this.ledger.finished(planned, side));
    channel.on('error', (error) => this.ledger.failed(planned, side, life, error));
    channel.on('close', () => this.ledger.closed(planned, side));
    this.write(planned, side, life, channel);
    if (planned.isProbe || !this.random.chance(givenUpShare)) return;
    life.platform.after(this.random.between(0, givenUpMsMax), () => {
      if (channel.destroyed) return;
      this.ledger.givesUp(planned);
      channel.destroy();
    });
  }

  private write(planned: PlannedChannel, side: Side, life: Life, channel: Channel): void {
    const total = planned.bytes[side];
    const isSlow = !planned.isProbe && this.random.chance(slowWriterShare);
    let at = 0;
    const goOn = (): void => {
      while (at < total) {
        if (channel.destroyed) return;
        const length = Math.min(total - at, this.random.integer(1, writeBytesMax));
        const hasRoom = channel.write(patternOf(planned.number, side, at, length));
        at += length;
        this.ledger.wrote(planned, side, length);
        if (!hasRoom) return void channel.once('drain', goOn);
        if (isSlow) return void life.platform.after(this.random.between(0, writeGapMsMax), goOn);
      }
      if (!channel.destroyed) channel.end();
    };
    goOn();
  }
}
