/**
 * One whole run: a mesh grows, talks, suffers, heals, is judged and measured.
 *
 * Who calls it: `skein sim` and the tests. First safety under faults, then the faults end and convergence
 * is demanded. Invariant: whatever it finds is in the report; it throws only for options that make no
 * sense. Everything depends on the options alone.
 */
import { type CheckCounts, checkNetwork, checkQueues, count } from './checkers.ts';
import { FaultSchedule } from './fault-schedule.ts';
import { measureFigures, measureIdleTraffic } from './figures.ts';
import { Mesh } from './mesh.ts';
import { MessageLedger } from './message-ledger.ts';
import {
  repeatCommand,
  type SimulationOptions,
  type SimulationSettings,
  simulationSettings,
} from './options.ts';
import { checkProbes } from './probes.ts';
import type { SimulationReport } from './report.ts';
import { Workload } from './workload.ts';
import { stackOf, World } from './world.ts';

/** All nodes of a run start within this time. */
const startWithinMs = 1000;
/** A cold mesh has this long; beyond it something waits for a backoff of minutes. */
const convergeLimitMs = 60_000;
/** Faults may have driven islands apart that only find each other by a beacon (30 s) or a long backoff. */
const healLimitMs = 120_000;
const queueCheckIntervalMs = 5000;
const idleWindowMs = 3000;
/** A whole sync period: its digests belong to idle traffic. */
const idleWindowLongMs = 10_000;
/** A node that is still changing links is given this long until it is looked at again. */
const lookAgainMs = 500;
/** Sends end by themselves after 10 s; what is open longer has been forgotten. */
const outstandingLimitMs = 15_000;

export async function runSimulation(options: SimulationOptions): Promise<SimulationReport> {
  return new Simulation(simulationSettings(options)).run();
}

class Simulation {
  readonly world: World;
  readonly mesh: Mesh;
  readonly checks: CheckCounts = {};
  private readonly settings: SimulationSettings;
  private readonly ledger: MessageLedger;
  private readonly workload: Workload;

  constructor(settings: SimulationSettings) {
    this.settings = settings;
    this.world = new World({ seed: settings.seed, trace: settings.trace });
    const { latencyMs, lossPercent } = settings;
    this.mesh = new Mesh(this.world, {
      degree: settings.degree,
      network: { latencyMs, loss: lossPercent / 100 },
    });
    this.ledger = new MessageLedger(this.mesh, this.checks);
    this.workload = new Workload(this.mesh, this.ledger, settings.messagesPerSecond);
  }

  async run(): Promise<SimulationReport> {
    let measured: Measured = nothingMeasured;
    let faultLog: readonly string[] = [];
    try {
      this.startAll();
      const converged = await this.converge();
      measured = { ...measured, converged };
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

  private startAll(): void {
    const { world, mesh } = this;
    const random = world.random.fork('starts');
    const digits = String(this.settings.nodes).length;
    for (let i = 1; i <= this.settings.nodes; i++) {
      const member = mesh.add({ name: `n${String(i).padStart(digits, '0')}` });
      world.at(random.between(0, startWithinMs), () => void mesh.start(member));
    }
  }

  private async converge(): Promise<number | undefined> {
    const complete = () => this.mesh.living.length === this.settings.nodes && this.mesh.allKnowAll;
    if (await this.world.runUntil(this.whenKnowledgeChanges(complete), convergeLimitMs))
      return this.world.now;
    const ignorant = this.mesh.living.filter((life) => life.knows.size < this.settings.nodes - 1);
    this.world.fail(
      `after ${convergeLimitMs / 1000} s ${ignorant.length} nodes do not know all: ${ignorant
        .slice(0, 5)
        .map((life) => `${life.node.name} knows ${life.knows.size}`)
        .join(', ')}`,
    );
    return undefined;
  }

  /** Messages and faults for the asked time; queues are looked at all along. */
  private async suffer(): Promise<readonly string[]> {
    const { world } = this;
    const end = world.now + this.settings.minutes * 60_000;
    const faults = new FaultSchedule(this.mesh, this.settings.faults, end);
    this.workload.start();
    while (world.now < end) {
      await world.run(Math.min(queueCheckIntervalMs, end - world.now));
      this.complain(await checkQueues(this.mesh, this.checks));
    }
    this.workload.stop();
    faults.healAll();
    return faults.happened;
  }

  /** All is well again: the network must become one, and messages must pass without exception. */
  private async heal(): Promise<number | undefined> {
    const { world } = this;
    const begun = world.now;
    if (!(await this.settle(healLimitMs))) return undefined;
    const healedMs = world.now - begun;
    this.complain(await checkProbes(this.mesh, this.workload, this.checks));
    await world.runUntil(() => this.ledger.outstanding.length === 0, outstandingLimitMs);
    count(this.checks, 'every send ends', this.ledger.counts.sent);
    for (const { number, source } of this.ledger.outstanding)
      world.fail(`message ${number} of ${source.member.name} was never resolved`);
    return healedMs;
  }

  private async measure(): Promise<Partial<Measured>> {
    const idle = await measureIdleTraffic(
      this.mesh,
      this.settings.joinAndCrash ? idleWindowLongMs : idleWindowMs,
    );
    if (!this.settings.joinAndCrash) return idle;
    return { ...idle, ...(await measureFigures(this.mesh, (limitMs) => this.settle(limitMs))) };
  }

  /** Until every check of the network holds; what does not at the end is a failure. */
  async settle(limitMs: number): Promise<boolean> {
    const { world, mesh } = this;
    const end = world.now + limitMs;
    let problems: string[] = [];
    do {
      await world.runUntil(
        this.whenKnowledgeChanges(() => mesh.allKnowAll),
        end - world.now,
      );
      problems = await checkNetwork(mesh, this.checks);
      if (problems.length === 0) return true;
      await world.run(lookAgainMs);
    } while (world.now < end);
    this.complain(problems.map((problem) => `${limitMs / 1000} s after the faults: ${problem}`));
    return false;
  }

  // ── helpers ───────────────────────────────────────────────────────────────────────────────────────

  /** Evaluates a costly condition only when some program has learned something. */
  private whenKnowledgeChanges(condition: () => boolean): () => boolean {
    let version = -1;
    let answer = false;
    return () => {
      if (version === this.mesh.knowledgeVersion) return answer;
      version = this.mesh.knowledgeVersion;
      answer = condition();
      return answer;
    };
  }

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
      faults: settings.faults,
      converged: measured.converged,
      healedMs: measured.healedMs,
      joinKnownToAllMs: measured.joinKnownToAllMs,
      crashKnownToAllMs: measured.crashKnownToAllMs,
      blackHoleKnownToAllMs: measured.blackHoleKnownToAllMs,
      traffic: {
        idleBytesPerSecond: measured.idleBytesPerSecond,
        idleFramesPerSecond: measured.idleFramesPerSecond,
        totalBytesPerSecond: (streamBytes + datagramBytes) / perNodeSecond,
      },
      messages: this.ledger.counts,
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
}

const nothingMeasured: Measured = {
  converged: undefined,
  healedMs: undefined,
  joinKnownToAllMs: undefined,
  crashKnownToAllMs: undefined,
  blackHoleKnownToAllMs: undefined,
  idleBytesPerSecond: 0,
  idleFramesPerSecond: 0,
};
