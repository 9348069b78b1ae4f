/**
 * One whole run: a mesh grows, talks, suffers, heals, is judged and measured.
 *
 * Who calls it: `skein sim` and the tests. First safety under faults, then the faults end and convergence
 * is demanded. Invariant: whatever it finds is in the report; it throws only for options that make no
 * sense. Everything depends on the options alone.
 */

import { CallLedger } from '../../features/calls/sim/call-ledger.ts';
import { CallWorkload } from '../../features/calls/sim/call-workload.ts';
import { ChannelLedger, endWithinMs } from '../../features/channels/sim/channel-ledger.ts';
import { ChannelWorkload } from '../../features/channels/sim/channel-workload.ts';
import { MessageLedger } from '../../features/messaging/sim/message-ledger.ts';
import { Workload } from '../../features/messaging/sim/message-workload.ts';
import { checkProbes } from '../../features/messaging/sim/probes.ts';
import { topologyLimits } from '../../features/topology/core/limits.ts';
import { type CheckCounts, count } from '../world/checkers/checkers.ts';
import { Safety } from '../world/checkers/safety.ts';
import { Settling } from '../world/checkers/settling.ts';
import { standsSinceMs } from '../world/checkers/standing.ts';
import { FaultSchedule } from '../world/faults/fault-schedule.ts';
import { Mesh } from '../world/mesh.ts';
import { stackOf, World } from '../world/world.ts';
import { type IdleTraffic, measureFigures, measureIdleTraffic } from './figures.ts';
import {
  repeatCommand,
  type SimulationOptions,
  type SimulationSettings,
  simulationSettings,
} from './options.ts';
import type { SimulationReport } from './report.ts';
import { degreeOf, startNodes } from './starts.ts';

/** A cold mesh has this long; beyond it something waits for a backoff of minutes. */
const convergeLimitMs = 60_000;
/** Satisfied islands hear each other by a beacon (30 s), one after the other. */
const mergeLimitMs = 120_000;
const restShare = 0.5;
/** Longer than checkers look back: what links and lives do first is excused by their youth alone. */
const restMs = standsSinceMs + 500;
/** While faults last, safety is looked at this often. */
const lookIntervalMs = 250;
const overdueIntervalMs = 1000;
/** A whole sync period: its digests belong to idle traffic. */
const idleWindowMs = topologyLimits.syncPeriodMs;
const idleTriesMax = 5;
/** Sends end by themselves after 10 s; what is open longer has been forgotten. */
const outstandingLimitMs = 15_000;
/** A link at rest costs two heartbeats a second and now and then a digest. */
const idleBytesPerLinkSecondMax = 200;
/** Of all channels that were open at the end: the slowest carries 3 MB through a window of 16 KiB, over several hops. */
const channelsLimitMs = 300_000;
/** Slow readers have caught up after this. */
const readAllMs = 500;
const slowReaderShare = 0.4;
/** Where programs ask each other. */
const messagesPerCall = 0.25;
/** Of channels, each of which is many messages. */
const channelShare = 0.1;

/** @param watch Is handed the mesh before its first program starts, to listen to it. */
export async function runSimulation(
  options: SimulationOptions,
  watch: (mesh: Mesh) => void = () => undefined,
): Promise<SimulationReport> {
  const simulation = new Simulation(simulationSettings(options));
  watch(simulation.mesh);
  return simulation.run();
}

class Simulation {
  readonly world: World;
  readonly mesh: Mesh;
  readonly checks: CheckCounts = {};
  private readonly settings: SimulationSettings;
  private readonly ledger: MessageLedger;
  private readonly workload: Workload;
  private readonly calls: { readonly ledger: CallLedger; readonly workload: CallWorkload } | undefined;
  private readonly channels:
    | { readonly ledger: ChannelLedger; readonly workload: ChannelWorkload }
    | undefined;
  private readonly safety: Safety;
  private readonly settling: Settling;

  constructor(settings: SimulationSettings) {
    this.settings = settings;
    this.world = new World({ seed: settings.seed, trace: settings.trace });
    const { latencyMs, lossPercent, workload } = settings;
    this.mesh = new Mesh(this.world, {
      degree: degreeOf(settings.start, settings.degree),
      network: { latencyMs, loss: lossPercent / 100 },
    });
    this.safety = new Safety(this.mesh, this.checks);
    this.ledger = new MessageLedger(this.mesh, this.checks, {
      standing: this.safety.standing,
      slowReaders: workload === 'slow-readers' ? slowReaderShare : 0,
    });
    const { messagesPerSecond: rate } = settings;
    this.calls = workload === 'calls' ? this.makeCalls(rate) : undefined;
    this.channels = workload === 'channels' ? this.makeChannels(rate * channelShare) : undefined;
    const isOther = this.calls !== undefined || this.channels !== undefined;
    const messageRate = isOther ? rate * messagesPerCall : rate;
    this.workload = new Workload(this.mesh, this.ledger, messageRate, workload);
    this.settling = new Settling(this.mesh, this.safety, this.checks);
  }

  private makeCalls(callsPerSecond: number) {
    const ledger = new CallLedger(this.mesh, this.checks, this.safety.standing);
    return { ledger, workload: new CallWorkload(this.mesh, ledger, callsPerSecond) };
  }

  private makeChannels(channelsPerSecond: number) {
    const ledger = new ChannelLedger(this.mesh, this.checks, this.safety.standing);
    return { ledger, workload: new ChannelWorkload(this.mesh, ledger, channelsPerSecond) };
  }

  async run(): Promise<SimulationReport> {
    let measured: Measured = nothingMeasured;
    let faultLog: readonly string[] = [];
    try {
      measured = { ...measured, converged: await this.converge() };
      await this.mayRest();
      faultLog = await this.suffer();
      measured = { ...measured, healedMs: await this.heal() };
      measured = { ...measured, ...(await this.measure()) };
    } catch (error) {
      // A checker's own mistake, or a world that stands still: a failure of the run like any other.
      this.world.fail(stackOf(error));
    }
    const report = this.report(measured, faultLog);
    this.mesh.killAll();
    await this.world.run(0);
    return report;
  }

  // ── the phases ────────────────────────────────────────────────────────────────────────────────────

  private async converge(): Promise<number | undefined> {
    const { start, nodes } = this.settings;
    const isApart = start === 'islands' || start === 'triangles';
    if (!(await startNodes(this.mesh, start, nodes)))
      this.world.fail('an island did not come to know itself');
    const begun = isApart ? this.world.now : 0;
    const limitMs = isApart ? mergeLimitMs : convergeLimitMs;
    if (await this.settling.allKnowAll(limitMs, nodes)) return this.world.now - begun;
    const ignorant = this.mesh.living.filter((life) => life.knows.size < nodes - 1);
    this.world.fail(
      `after ${limitMs / 1000} s ${ignorant.length} nodes do not know all: ${ignorant
        .slice(0, 5)
        .map((life) => `${life.node.name} knows ${life.knows.size}`)
        .join(', ')}`,
    );
    return undefined;
  }

  /** Faults hit every other mesh while it is young, and one that has stood for long: there they excuse less. */
  private async mayRest(): Promise<void> {
    if (this.world.random.fork('rest').chance(restShare)) await this.world.run(restMs);
  }

  /** Messages and faults for the asked time; safety is looked at all along. */
  private async suffer(): Promise<readonly string[]> {
    const { world } = this;
    const end = world.now + this.settings.minutes * 60_000;
    const faults = new FaultSchedule(this.mesh, this.settings.faults, end);
    let overdueAt = 0;
    this.workload.start();
    this.calls?.workload.start();
    this.channels?.workload.start();
    while (world.now < end) {
      await world.run(Math.min(lookIntervalMs, end - world.now));
      await this.safety.look();
      if (world.now < overdueAt) continue;
      overdueAt = world.now + overdueIntervalMs;
      this.ledger.checkOverdue();
      this.calls?.ledger.checkOverdue();
      this.channels?.ledger.checkOverdue();
    }
    this.workload.stop();
    this.calls?.workload.stop();
    this.channels?.workload.stop();
    this.ledger.mayDawdle = false;
    faults.healAll();
    return faults.happened;
  }

  /** All is well again: the network must become one, and messages must pass without exception. */
  private async heal(): Promise<number | undefined> {
    const { world } = this;
    const begun = world.now;
    await world.run(readAllMs);
    if (!(await this.settling.settle())) return undefined;
    const healedMs = world.now - begun;
    // What was written while links were slow is still on its way, and probes stand behind it.
    await world.run(Math.max(0, this.mesh.network.lateUntil - world.now));
    // A link that opened meanwhile is not known to all before its ends have announced it.
    if (!(await this.settling.settle())) return undefined;
    this.complain(await checkProbes(this.mesh, this.workload, this.checks));
    await world.runUntil(() => this.ledger.outstanding.length === 0, outstandingLimitMs);
    count(this.checks, 'every send ends', this.ledger.counts.sent);
    for (const { number, source } of this.ledger.outstanding)
      world.fail(`message ${number} of ${source.member.name} was never resolved`);
    this.ledger.checkOwed();
    await this.concludeCalls();
    await this.concludeChannels();
    return healedMs;
  }

  /** All calls end, and whoever works for nobody knows it; then, in a mesh at rest, each node's call is answered. */
  private async concludeCalls(): Promise<void> {
    if (this.calls === undefined) return;
    const { world } = this;
    const { ledger, workload } = this.calls;
    await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
    for (const { number, source } of ledger.outstanding)
      world.fail(`call ${number} of ${source.member.name} never ended`);
    await world.run(outstandingLimitMs);
    ledger.checkTold();
    for (const life of this.mesh.living) {
      const probe = workload.probe(life);
      await world.runUntil(() => probe.outcome !== undefined, outstandingLimitMs);
      count(this.checks, 'calls are answered at rest', 1);
      if (probe.outcome !== 'done' && probe.outcome !== 'source-ended')
        world.fail(`in a mesh at rest a call of ${life.node.name} came to ${probe.outcome ?? 'nothing'}`);
    }
  }

  /** All channels end by themselves, since all that is written is read; then, in a mesh at rest, each node's comes through. */
  private async concludeChannels(): Promise<void> {
    if (this.channels === undefined) return;
    const { world } = this;
    const { ledger, workload } = this.channels;
    await world.runUntil(() => ledger.outstanding.length === 0, endWithinMs + channelsLimitMs);
    for (const planned of ledger.outstanding) world.fail(`${ledger.describe(planned)} never ended`);
    for (const life of this.mesh.living) {
      const probe = workload.probe(life);
      if (probe === undefined) continue;
      await world.runUntil(() => probe.opener.outcome !== undefined, outstandingLimitMs);
      count(this.checks, 'channels come through at rest', 1);
      const { outcome } = probe.opener;
      if (outcome !== 'done' && outcome !== 'source-ended')
        world.fail(`in a mesh at rest a ${ledger.describe(probe)} came to ${outcome ?? 'nothing'}`);
    }
  }

  private async measure(): Promise<Partial<Measured>> {
    const idle = await this.measureAtRest();
    this.judgeIdle(idle.idleBytesPerLinkSecond);
    if (!this.settings.joinAndCrash) return idle;
    return { ...idle, ...(await measureFigures(this.mesh, () => this.settling.settle())) };
  }

  /** A mesh that still makes a link or two is not at rest: it is looked at again, but not for ever. */
  private async measureAtRest(): Promise<IdleTraffic> {
    let idle: IdleTraffic;
    let tries = 0;
    do {
      const { changedAt } = this.safety.standing;
      const mayBeLies = this.mesh.liars.disturbUntil > this.world.now;
      idle = await measureIdleTraffic(this.mesh, idleWindowMs);
      if (this.safety.standing.changedAt === changedAt && !mayBeLies) break;
    } while (++tries < idleTriesMax);
    return idle;
  }

  private judgeIdle(bytesPerLinkSecond: number): void {
    count(this.checks, 'idle links are quiet', 1);
    if (bytesPerLinkSecond > idleBytesPerLinkSecondMax)
      this.world.fail(
        `at rest each link costs ${bytesPerLinkSecond.toFixed(0)} bytes/s (${idleBytesPerLinkSecondMax} at most)`,
      );
  }

  // ── helpers ───────────────────────────────────────────────────────────────────────────────────────

  private complain(problems: readonly string[]): void {
    for (const problem of problems) this.world.fail(problem);
  }

  private report(measured: Measured, faultLog: readonly string[]): SimulationReport {
    const { world, mesh, settings } = this;
    const { streamBytes, datagramBytes } = mesh.network.traffic;
    const perNodeSecond = settings.nodes * Math.max(1, world.now / 1000);
    return {
      seed: settings.seed,
      nodes: settings.nodes,
      degree: settings.degree,
      minutes: settings.minutes,
      lossPercent: settings.lossPercent,
      latencyMs: settings.latencyMs,
      start: settings.start,
      workload: settings.workload,
      faults: settings.faults,
      converged: measured.converged,
      healedMs: measured.healedMs,
      joinKnownToAllMs: measured.joinKnownToAllMs,
      crashKnownToAllMs: measured.crashKnownToAllMs,
      blackHoleKnownToAllMs: measured.blackHoleKnownToAllMs,
      traffic: {
        idleBytesPerSecond: measured.idleBytesPerSecond,
        idleFramesPerSecond: measured.idleFramesPerSecond,
        idleBytesPerLinkSecond: measured.idleBytesPerLinkSecond,
        totalBytesPerSecond: (streamBytes + datagramBytes) / perNodeSecond,
      },
      messages: this.ledger.counts,
      calls: this.calls?.ledger.counts ?? {},
      channels: this.channels?.ledger.counts ?? {},
      checks: this.checks,
      faultLog,
      failures: world.failures,
      virtualMs: world.now,
      events: world.eventCount,
      traceHash: world.hash.digest(),
      repeat: repeatCommand(settings),
      trace: settings.trace ? world.traceLines : undefined,
    };
  }
}

interface Measured {
  readonly converged: number | undefined;
  readonly healedMs: number | undefined;
  readonly joinKnownToAllMs: number | undefined;
  readonly crashKnownToAllMs: number | undefined;
  readonly blackHoleKnownToAllMs: number | undefined;
  readonly idleBytesPerSecond: number;
  readonly idleFramesPerSecond: number;
  readonly idleBytesPerLinkSecond: number;
}

const nothingMeasured: Measured = {
  converged: undefined,
  healedMs: undefined,
  joinKnownToAllMs: undefined,
  crashKnownToAllMs: undefined,
  blackHoleKnownToAllMs: undefined,
  idleBytesPerSecond: 0,
  idleFramesPerSecond: 0,
  idleBytesPerLinkSecond: 0,
};
