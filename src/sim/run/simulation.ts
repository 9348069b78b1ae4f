/**
 * One whole run: a mesh grows, talks, suffers, heals, is judged and measured.
 *
 * Who calls it: `skein sim` and the tests. First safety under faults, then the faults end and convergence
 * is demanded. Invariant: whatever it finds is in the report; it throws only for options that make no
 * sense. Everything depends on the options alone.
 */

import { topologyLimits } from '../../features/topology/core/limits.ts';
import { type CheckCounts, count } from '../world/checkers/checkers.ts';
import { Safety } from '../world/checkers/safety.ts';
import { Settling } from '../world/checkers/settling.ts';
import { standsSinceMs } from '../world/checkers/standing.ts';
import { FaultSchedule } from '../world/faults/fault-schedule.ts';
import { Mesh } from '../world/mesh.ts';
import type { SimulatedFeature } from '../world/workload.ts';
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
import { chooseWorkloads, type MadeWorkload, makeWorkloads } from './workloads.ts';

/** A cold mesh has this long; beyond it something waits for a backoff of minutes. */
const convergeLimitMs = 60_000;
/** Satisfied islands hear each other by a beacon (30 s), one after the other. */
const mergeLimitMs = 120_000;
const restShare = 0.5;
/** Longer than checkers look back: what links and lives do first is excused by their youth alone. */
const restMs = standsSinceMs + 500;
/** While faults last, safety is looked at this often. */
const lookIntervalMs = 250;
const workloadLookIntervalMs = 1000;
/** A whole sync period: its digests belong to idle traffic. */
const idleWindowMs = topologyLimits.syncPeriodMs;
const idleTriesMax = 5;
/** A link at rest costs two heartbeats a second and now and then a digest. */
const idleBytesPerLinkSecondMax = 200;
/** Slow readers have caught up after this. */
const readAllMs = 500;

/**
 * Runs a mesh in virtual time under checkers and reports what was found. What nodes do wrong is in the report.
 * @throws TypeError for options. @param watch Is handed the mesh before its first program starts, to listen to it.
 */
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
  private readonly workloads: readonly MadeWorkload[];
  private readonly safety: Safety;
  private readonly settling: Settling;

  constructor(settings: SimulationSettings) {
    this.settings = settings;
    this.world = new World({ seed: settings.seed, trace: settings.trace });
    const { latencyMs, lossPercent, messagesPerSecond: ratePerSecond } = settings;
    this.mesh = new Mesh(this.world, {
      degree: degreeOf(settings.start, settings.degree),
      network: { latencyMs, loss: lossPercent / 100 },
    });
    this.safety = new Safety(this.mesh, this.checks);
    const { mesh, checks } = this;
    const { standing } = this.safety;
    this.workloads = makeWorkloads(chooseWorkloads(settings.workload), {
      mesh,
      checks,
      standing,
      ratePerSecond,
    });
    this.settling = new Settling(this.mesh, this.safety, this.checks);
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
    let lookAt = 0;
    for (const { workload } of this.workloads) workload.start();
    while (world.now < end) {
      await world.run(Math.min(lookIntervalMs, end - world.now));
      await this.safety.look();
      if (world.now < lookAt) continue;
      lookAt = world.now + workloadLookIntervalMs;
      for (const { workload } of this.workloads) workload.look();
    }
    for (const { workload } of this.workloads) workload.stop();
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
    for (const { feature, workload } of this.workloads) {
      await workload.conclude();
      this.checkLooked(feature);
    }
    return healedMs;
  }

  /** A checker that never looked proves nothing. */
  private checkLooked({ name, checks }: SimulatedFeature): void {
    if (checks.some((check) => (this.checks[check] ?? 0) > 0)) return;
    this.world.fail(`workload ${name} was never checked: not once did it count ${checks.join(', ')}`);
  }

  private async measure(): Promise<Partial<Measured>> {
    const idle = await this.measureAtRest();
    await this.judgeIdle(idle);
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

  private async judgeIdle({ idleBytesPerLinkSecond: measured, links }: IdleTraffic): Promise<void> {
    count(this.checks, 'idle links are quiet', 1);
    let most = idleBytesPerLinkSecondMax;
    for (const { workload } of this.workloads)
      most += ((await workload.idleBytesPerSecond?.()) ?? 0) / Math.max(1, links);
    if (measured <= most) return;
    const text = `at rest each link costs ${measured.toFixed(0)} bytes/s (${most.toFixed(0)} at most)`;
    this.world.fail(text);
  }

  // ── helpers ───────────────────────────────────────────────────────────────────────────────────────

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
      counts: Object.fromEntries(
        this.workloads.map(({ feature, workload }) => [feature.name, workload.counts]),
      ),
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
