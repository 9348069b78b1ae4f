/**
 * Stands outside the members and judges the run from what they report and what was done to them.
 *
 * Fed by the crew (reports) and the conductor (faults); asked by run.ts for violations. Invariant: it knows
 * nothing of skein's inside; a violation is one that the facts leave no way around.
 */
import { nowMs } from './clock.ts';
import { Deaths, nameOf } from './deaths.ts';
import { Detections } from './detections.ts';
import { History, type Life, overlap } from './history.ts';
import type { Answer, Ended, Interval, Report, Seen, Sent } from './protocol.ts';
import { Receipts } from './receipts.ts';
import { Removals } from './removals.ts';

export type ViolationKind =
  | 'false receipt'
  | 'double delivery'
  | 'damaged body'
  | 'false death'
  | 'false end of a link'
  | 'no convergence'
  | 'send without an end'
  | 'send that failed'
  | 'lost in calm'
  | 'lost in rotation'
  | 'old key'
  | 'stranger let in'
  | 'growing memory'
  | 'leaked handle'
  | 'broken behavior'
  | 'did not start'
  | 'did not answer'
  | 'ended by itself';

export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
  /** Since the run's beginning. */
  readonly atMs: number;
}

/** A send may end this much after its deadline: one late turn of a busy machine. */
const lateMs = 3000;
/** Twice what the longest judgment looks back: a claim settles for 10 s, a send takes 13 and a stop. */
const rememberedMs = 60_000;

export class Judge {
  readonly history = new History();
  readonly deaths = new Deaths(this.history);
  readonly detections = new Detections(this.history);
  readonly receipts: Receipts;
  readonly violations: Violation[] = [];
  readonly warnings = new Map<string, number>();
  /** Whiles in which everyone knew everyone and nothing was done to anybody. */
  readonly calms: Interval[] = [];
  /** Whiles in which the key was changed. */
  readonly rotations: Interval[] = [];
  sends = 0;
  /** Of these: sent while all was calm, so that none may have missed anybody; known at the end. */
  sendsInCalm = 0;
  deliveries = 0;
  missing = 0;
  private readonly names: readonly string[];
  private readonly timeoutMs: number;
  private readonly removals = new Removals();
  private readonly strangers = new Set<string>();
  /** By member: what its last answer said. */
  private readonly exceptions = new Map<string, number>();
  private readonly calmSends: { life: Life; sent: Sent; ended: Ended }[] = [];

  constructor(names: readonly string[], timeoutMs: number) {
    this.names = names;
    this.timeoutMs = timeoutMs;
    this.receipts = new Receipts(this.history, names);
  }

  accuse(kind: ViolationKind, text: string): void {
    const violation = { kind, text, atMs: nowMs() - this.history.startedMs };
    this.violations.push(violation);
    console.error(`VIOLATION ${kind}: ${text}`);
  }

  report(life: Life, report: Report): void {
    this.history.note(life, report);
    for (const key of report.received) this.received(life, key);
    for (const key of report.damaged) this.accuse('damaged body', `${key} came otherwise to ${nameOf(life)}`);
    for (const seen of [...report.nodes, ...report.links]) this.met(life, seen);
    for (const ended of report.ended) this.ended(life, ended);
    for (const text of report.warnings) this.warned(life, text);
    this.sends += report.sent.length;
    this.deaths.note(life, report.nodes, report.links);
    this.detections.note(life, report.nodes);
  }

  /** @param names Everybody whose links may end by it. @returns what is to be told when the key is gone. */
  keyRemoved(names: readonly string[], fromMs: number): (toMs: number) => void {
    const ends = { fromMs, toMs: Number.POSITIVE_INFINITY };
    for (const name of names) this.history.livesOf(name).at(-1)?.ownEnds.push(ends);
    const ended = this.removals.begin(names, fromMs);
    return (toMs) => {
      ends.toMs = toMs;
      ended(toMs);
    };
  }

  /** Whom a member lists, and whether its node is sound: a kernel catches what behaviors throw and goes on. */
  answered(name: string, { known, told, exceptions }: Pick<Answer, 'known' | 'told' | 'exceptions'>): void {
    for (const other of [...known, ...told]) this.metBy(name, other);
    if (exceptions > 0 && exceptions !== this.exceptions.get(name))
      this.accuse('broken behavior', `${name}: behaviors have thrown ${exceptions} times`);
    this.exceptions.set(name, exceptions);
  }

  /** What can be decided by now; with `all` everything, when nobody will report any more. */
  check(all = false): void {
    const now = nowMs();
    for (const { kind, text, story } of this.deaths.judge(now, all)) {
      this.accuse(kind, text);
      for (const line of story) console.error(line);
    }
    for (const text of this.receipts.judge(now, all)) this.accuse('false receipt', text);
    this.detections.judge(now, all);
    if (!all) this.deaths.sample(this.names, now);
    for (const life of this.history.running()) this.overdue(life);
    if (all) this.judgeCalmSends();
    else this.history.forget(now - rememberedMs);
  }

  private received(life: Life, key: string): void {
    this.deliveries++;
    if (life.received.has(key)) this.accuse('double delivery', `${key} came to ${nameOf(life)} twice`);
    life.received.add(key);
  }

  private met({ name }: Life, { node }: Seen): void {
    this.metBy(name, node);
  }

  private metBy(name: string, other: string): void {
    if (this.names.includes(other) || this.strangers.has(`${name} ${other}`)) return;
    this.strangers.add(`${name} ${other}`);
    this.accuse('stranger let in', `${name} took ${other} for a member`);
  }

  private ended(life: Life, ended: Ended): void {
    const sent = life.open.get(ended.key);
    if (sent === undefined) return;
    life.open.delete(ended.key);
    if (ended.error !== undefined) return this.accuse('send that failed', `${ended.key}: ${ended.error}`);
    this.missing += typeof ended.missing === 'number' ? ended.missing : ended.missing.length;
    this.receipts.note(life, sent, ended);
    this.calmSends.push({ life, sent, ended });
    if (this.isLate(life, sent, ended.atMs))
      this.accuse('send without an end', `${sent.key} ended only after ${ended.atMs - sent.atMs} ms`);
  }

  private overdue(life: Life): void {
    for (const sent of life.open.values()) {
      if (!this.isLate(life, sent, life.throughMs)) continue;
      life.open.delete(sent.key);
      this.accuse(
        'send without an end',
        `${sent.key} had not ended ${this.timeoutMs * sent.timeouts + lateMs} ms after it began`,
      );
    }
  }

  /** The sender's own stops and gaps are not held against the send. */
  private isLate(life: Life, sent: Sent, atMs: number): boolean {
    const during = { fromMs: sent.atMs, toMs: atMs };
    const still = [...life.stops, ...life.gaps].filter((interval) => overlap(interval, during));
    const stillMs = still.reduce((sum, { fromMs, toMs }) => sum + Math.min(toMs, atMs) - fromMs, 0);
    return atMs - sent.atMs > this.timeoutMs * sent.timeouts + lateMs + stillMs;
  }

  private warned(life: Life, text: string): void {
    if (text.startsWith('closed itself')) this.accuse('ended by itself', `${nameOf(life)} ${text}`);
    const pattern = text.replaceAll(/\bm\d+\b/g, 'NAME').replaceAll(/\d+/g, 'N');
    this.warnings.set(pattern, (this.warnings.get(pattern) ?? 0) + 1);
  }

  /** Who sends while all is calm reaches everybody. */
  private judgeCalmSends(): void {
    for (const { life, sent, ended } of this.calmSends) {
      const during = { fromMs: sent.atMs, toMs: ended.atMs };
      if (!this.calms.some(({ fromMs, toMs }) => sent.atMs >= fromMs && ended.atMs <= toMs)) continue;
      this.sendsInCalm++;
      const others = this.names.filter((name) => name !== life.name);
      const wanted =
        sent.to === 'all' ? this.removals.reachedByAll(life.name, others, during) : sent.to.length;
      const had = typeof ended.delivered === 'number' ? ended.delivered : ended.delivered.length;
      if (had >= wanted) continue;
      const rotating = this.rotations.some((rotation) => overlap(rotation, during));
      this.accuse(
        rotating ? 'lost in rotation' : 'lost in calm',
        `${sent.key}: ${had} receipts of ${wanted}: ${JSON.stringify(ended.missing)}`,
      );
    }
  }
}
