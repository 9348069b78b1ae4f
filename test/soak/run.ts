/**
 * One soak: members up, storms and calms in turn, everything judged, everything gone.
 *
 * Called by main.ts. Invariant: however it ends (done, an exception, an interrupt) the processes and
 * namespaces that it made are gone, since that happens in the process's own `exit`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { SeededRandom } from '../../src/sim/world/random.ts';
import { whyNoNamespaces } from '../namespaces/network.ts';
import { lackOf, openAtEnd } from './agreement.ts';
import { nowMs } from './clock.ts';
import { Conductor } from './conductor.ts';
import { mostOfEach, sumOfEach } from './counts.ts';
import { Crew, memberNames } from './crew.ts';
import type { Ground } from './ground.ts';
import { Judge, type Violation } from './judge.ts';
import { KeyHolders } from './key-holders.ts';
import { openLoopback } from './loopback.ts';
import { openNamespaces } from './namespaces.ts';
import { buildPrograms } from './program.ts';
import type { Answer, TrafficSettings } from './protocol.ts';
import { finalRss, type Growth, growthOf, heldHandles, leakedHandles, tooSteep } from './resources.ts';
import { type RotationCounts, Rotations } from './rotation.ts';
import { scheduleRotation, troublesOf } from './rotation-schedule.ts';
import { type Fault, type FaultKind, type Plan, scheduleStorm } from './schedule.ts';
import type { SoakSettings } from './settings.ts';
import type { Tallies } from './stranger-protocol.ts';
import { Strangers } from './strangers.ts';

export interface SoakResult {
  readonly settings: SoakSettings;
  readonly hosts: number;
  readonly poorBecause: string | undefined;
  readonly durationMs: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly sends: number;
  /** Those in which nobody may be missing. */
  readonly sendsInCalm: number;
  readonly deliveries: number;
  readonly receipts: number;
  /** Recipients of sends that did not have it, as the senders were told. */
  readonly missing: number;
  readonly lives: number;
  readonly downsTold: number;
  /** Share of the pairs of members between which, at a random moment, a death would have been false. */
  readonly judgedShare: number;
  readonly detectionsMs: Readonly<Record<'kill' | 'stop' | 'cut', readonly number[]>>;
  /** From the end of each storm until everyone knew everyone; the first is the start. */
  readonly healsMs: readonly number[];
  readonly growth: readonly Growth[];
  /** The longest while in which a loop that nobody had stopped stood still. */
  readonly longestGapMs: number;
  readonly rss: { readonly median: number; readonly max: number };
  readonly rotation: RotationCounts;
  /** What strangers did, by kind, and what they say became of it. */
  readonly strangers: Tallies;
  /** Datagrams that the members of the end had not believed, by the reason. */
  readonly datagramsUnread: Readonly<Record<string, number>>;
  readonly warnings: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

const traffic: TrafficSettings = { everyMs: 1000, timeoutMs: 10_000 };
/** One storm and the calm after it. */
const roundMs = 120_000;
const calmShare = 1 / 3;
/** Each storm and each calm has a whole rotation; a calm must also see the end of it. */
const stormRotationShare = 0.9;
const calmRotationShare = 0.6;
/** What a rotation does to messages is over this long after its last step. */
const settledMs = 5000;
const convergeMaxMs = 60_000;
const probeEveryMs = 1000;
/** Within it no send of before is under way any more: a body in two parts may take three timeouts. */
const quietMs = 3 * traffic.timeoutMs + 5000;
const handleAnswers = 5;
const checkEveryMs = 1000;

export async function runSoak(settings: SoakSettings): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-soak-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const ground = await openGround(settings.namespaces);
  process.on('exit', () => ground.close());
  const programs = await buildPrograms(folder);
  const holders = await KeyHolders.open(ground, folder, programs.skein);
  const judge = new Judge(memberNames(settings.nodes), traffic.timeoutMs);
  const crew = new Crew(
    { seed: settings.seed, members: settings.nodes, traffic },
    ground,
    holders,
    judge,
    folder,
    programs.member,
  );
  const strangers = new Strangers(ground, crew, judge, folder, programs.stranger, settings.seed);
  // Last added, first needed: listeners run in order, so this one must come before those above.
  process.prependListener('exit', () => {
    strangers.killAll();
    crew.killAll();
  });
  return new Soak(settings, ground, holders, judge, crew, strangers).run();
}

class Soak {
  private readonly settings: SoakSettings;
  private readonly ground: Ground;
  private readonly judge: Judge;
  private readonly crew: Crew;
  private readonly conductor: Conductor;
  private readonly holders: KeyHolders;
  private readonly rotations: Rotations;
  private readonly strangers: Strangers;
  private readonly healsMs: number[] = [];
  private readonly startedMs = nowMs();
  private firstHandles: Record<string, number> = {};
  private datagramsUnread: Record<string, number> = {};

  constructor(
    settings: SoakSettings,
    ground: Ground,
    holders: KeyHolders,
    judge: Judge,
    crew: Crew,
    strangers: Strangers,
  ) {
    this.settings = settings;
    this.ground = ground;
    this.judge = judge;
    this.crew = crew;
    this.holders = holders;
    this.strangers = strangers;
    this.conductor = new Conductor(crew, ground, judge.history);
    this.rotations = new Rotations(crew, holders, judge);
  }

  async run(): Promise<SoakResult> {
    const checks = setInterval(() => this.judge.check(), checkEveryMs);
    await this.crew.startAll();
    await this.converge();
    this.firstHandles = mostOfEach(await this.handles());
    this.strangers.start();
    await this.rounds();
    await this.end();
    clearInterval(checks);
    this.judge.check(true);
    this.judgeGrowth();
    return this.result();
  }

  private async rounds(): Promise<void> {
    const count = Math.max(1, Math.round((this.settings.minutes * 60_000) / roundMs));
    const lengthMs = (this.settings.minutes * 60_000) / count;
    const calmMs = lengthMs * calmShare;
    for (let round = 0; round < count; round++) {
      this.crew.turnTraffic(true);
      const stormMs = lengthMs - calmMs;
      const faults = scheduleStorm(this.plan(stormMs), round);
      const [, old] = await Promise.all([
        this.conductor.storm(faults, stormMs),
        this.rotate(`storm ${round}`, stormMs * stormRotationShare, faults),
      ]);
      const calmFromMs = nowMs();
      await this.converge();
      const convergedMs = nowMs();
      await this.retire(old);
      await this.retire(await this.rotate(`calm ${round}`, calmMs * calmRotationShare, []));
      await wait(Math.max(0, calmFromMs + calmMs - nowMs()));
      this.judge.calms.push({ fromMs: convergedMs, toMs: nowMs() });
      this.say(`round ${round + 1} of ${count}: healed in ${Math.round(this.healsMs.at(-1) as number)} ms`);
    }
  }

  /** Whoever has it still is accused; from now on strangers have it. */
  private async retire(old: MeshKey): Promise<void> {
    await this.rotations.settle();
    this.strangers.retire(old);
  }

  /** The whole change of the key. @returns the one that is gone. */
  private async rotate(label: string, lengthMs: number, faults: readonly Fault[]): Promise<MeshKey> {
    const { holders } = this;
    const random = SeededRandom.fromSeed(this.settings.seed).fork(`rotation in ${label}`);
    const troubles = holders.users.map((_, user) =>
      troublesOf(faults, (member) => holders.userOf(member) === user),
    );
    const rotation = { fromMs: nowMs(), toMs: Number.POSITIVE_INFINITY };
    this.judge.rotations.push(rotation);
    const steps = scheduleRotation({ users: holders.users.length, lengthMs, troubles }, random);
    const old = await this.rotations.carryOut(steps);
    rotation.toMs = nowMs() + settledMs;
    return old;
  }

  private plan(stormMs: number): Plan {
    const { seed, nodes } = this.settings;
    const { hosts, poorBecause } = this.ground;
    return { seed, members: nodes, hosts, network: poorBecause === undefined, stormMs };
  }

  /** Everyone knows everyone, says what it told, and has the same picture of the network. */
  private async converge(): Promise<void> {
    const fromMs = nowMs();
    for (;;) {
      const lacking = lackOf(this.crew.names, await this.probe());
      const tookMs = nowMs() - fromMs;
      if (lacking === undefined || tookMs > convergeMaxMs) {
        this.healsMs.push(tookMs);
        if (lacking !== undefined)
          this.judge.accuse('no convergence', `after ${convergeMaxMs / 1000} s ${lacking}`);
        return;
      }
      await wait(probeEveryMs);
    }
  }

  private async probe(): Promise<(Answer | undefined)[]> {
    const answers = await this.crew.probe();
    for (const [index, answer] of answers.entries())
      if (answer !== undefined) this.judge.answered(this.crew.names[index] as string, answer);
    return answers;
  }

  /** By member, in a mesh without traffic. */
  private async handles(): Promise<Record<string, number>[]> {
    const answers: Answer[][] = this.crew.names.map(() => []);
    for (let i = 0; i < handleAnswers; i++) {
      for (const [index, answer] of (await this.probe()).entries()) {
        if (answer !== undefined) (answers[index] as Answer[]).push(answer);
      }
      await wait(probeEveryMs);
    }
    return answers.map(heldHandles);
  }

  private async end(): Promise<void> {
    this.crew.turnTraffic(false);
    await this.strangers.stop();
    await wait(quietMs);
    for (const [index, held] of (await this.handles()).entries()) {
      for (const text of leakedHandles(this.firstHandles, held))
        this.judge.accuse('leaked handle', `${this.crew.names[index]}: ${text}`);
    }
    const answers = await this.probe();
    this.datagramsUnread = sumOfEach(answers.map((answer) => answer?.datagramsUnread ?? {}));
    for (const { kind, text } of openAtEnd(this.crew.names, answers)) this.judge.accuse(kind, text);
    await this.crew.close();
  }

  private judgeGrowth(): void {
    for (const growth of tooSteep(growthOf(this.judge.history.all()))) {
      const kilobytes = Math.round(growth.rssBytesPer10Minutes / 1024);
      const text = `${growth.life} grew by ${kilobytes} KB in 10 minutes over ${growth.minutes.toFixed(1)} minutes`;
      this.judge.accuse('growing memory', text);
    }
  }

  private result(): SoakResult {
    const { judge } = this;
    const lives = judge.history.all();
    return {
      settings: this.settings,
      hosts: this.ground.hosts,
      poorBecause: this.ground.poorBecause,
      durationMs: nowMs() - this.startedMs,
      faults: this.conductor.done,
      sends: judge.sends,
      sendsInCalm: judge.sendsInCalm,
      deliveries: judge.deliveries,
      receipts: judge.receipts.count,
      missing: judge.missing,
      lives: lives.length,
      downsTold: judge.deaths.told,
      judgedShare: judge.deaths.pairs.sound / Math.max(1, judge.deaths.pairs.looked),
      detectionsMs: judge.detections.samplesMs,
      healsMs: this.healsMs,
      growth: growthOf(lives),
      longestGapMs: judge.history.longestGapMs,
      rss: finalRss(lives.filter(({ killed }) => !killed)),
      rotation: this.rotations.counts,
      strangers: this.strangers.tallies,
      datagramsUnread: this.datagramsUnread,
      warnings: Object.fromEntries(judge.warnings),
      violations: judge.violations,
    };
  }

  private say(text: string): void {
    console.error(
      `${((nowMs() - this.startedMs) / 1000).toFixed(0)} s: ${text}, ${this.judge.violations.length} violations`,
    );
  }
}

async function openGround(namespaces: number): Promise<Ground> {
  const reason = whyNoNamespaces();
  if (reason === undefined) return openNamespaces(namespaces);
  console.error(`all on one host over loopback, without network faults: ${reason}`);
  return openLoopback(reason);
}
