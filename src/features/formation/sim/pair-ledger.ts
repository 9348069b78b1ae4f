/**
 * Every request to pair of a run: who asked the broker for whom, whom it named, and what came of the channel.
 *
 * Who calls it: the formation's workload. It stands outside the nodes and judges at once: the broker names whom it was
 * asked for, nobody who is gone, and denies nobody who is linked to it; every request ends in time. Invariant: it only
 * records and complains.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { type StandingLinks, standsSinceMs } from '../../../sim/world/checkers/standing.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { Paired } from '../core/formation-types.ts';
import { formationLimits } from '../core/limits.ts';
import type { Brokers } from './brokers.ts';

export interface AskedPair {
  readonly number: number;
  readonly source: Life;
  /** A node's name or a service's. */
  readonly to: string;
  readonly askedAt: number;
  /** Whom the broker named. */
  other: string | undefined;
  /** `done`, a code of the request, or `channel` and a code of the channel; undefined until then. */
  outcome: string | undefined;
}

export interface PairLedgerParts {
  readonly mesh: Mesh;
  readonly checks: CheckCounts;
  readonly standing: StandingLinks;
  readonly brokers: Brokers;
  /** Whether nodes of this name offer that service. */
  readonly offers: (nodeName: string, service: string) => boolean;
}

/** Codes that a request may end with; any other is a failure of the run. */
const expected = new Set(['SKEIN_UNKNOWN_NODE', 'SKEIN_TIMEOUT', 'SKEIN_BUSY']);
/** The same for the channel to whom the broker named. */
const expectedOfChannels = new Set([
  'SKEIN_LOST',
  'SKEIN_REFUSED',
  'SKEIN_TIMEOUT',
  'SKEIN_NO_ROUTE',
  'SKEIN_UNKNOWN_NODE',
  'SKEIN_BUSY',
]);
/** A stall that is forgiven makes the end of a request this late, and clocks run apart. */
const overdueAfterMs = formationLimits.pairTimeoutMs * 1.05 + 3000;
/** Of the channel: accepted in time, and then lost once its silence is noticed; see the channels' own ledger. */
const channelEndsWithinMs = 60_000;
/** What was told of a name that left is carried out by now. */
const leftWithinMs = 500;
/** The lease by a slow clock, and the turn that ends it. */
const leaseEndsWithinMs = formationLimits.formationLeaseMs * 1.05 + leftWithinMs;

export class PairLedger {
  readonly counts: Record<string, number> = {};
  private readonly parts: PairLedgerParts;
  private readonly pairs: AskedPair[] = [];

  constructor(parts: PairLedgerParts) {
    this.parts = parts;
  }

  asked(source: Life, to: string): AskedPair {
    const { now } = this.parts.mesh.world;
    const pair: AskedPair = {
      number: this.pairs.length,
      source,
      to,
      askedAt: now,
      other: undefined,
      outcome: undefined,
    };
    this.pairs.push(pair);
    return pair;
  }

  get outstanding(): AskedPair[] {
    return this.pairs.filter(({ outcome, source }) => outcome === undefined && isRunning(source));
  }

  /** The broker has named somebody. */
  paired(pair: AskedPair, { other }: Paired): void {
    const { checks, offers, mesh } = this.parts;
    pair.other = other;
    mesh.world.note(`pair ${pair.number} of ${pair.source.member.name} to ${pair.to}: ${other}`);
    count(checks, 'the broker names whom it was asked for', 1);
    if (other === pair.source.node.name) this.fail(pair, 'was paired with its own node');
    if (other !== pair.to && !offers(other, pair.to)) this.fail(pair, `was paired with ${other}`);
    this.checkThere(pair, other);
  }

  /** The broker has named nobody, or has not answered. */
  denied(pair: AskedPair, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    // A node that gives way to a namesake is closed a moment before its program is told.
    if (code === 'SKEIN_CLOSED' || !isRunning(pair.source) || pair.source.isLeaving)
      return this.end(pair, 'source-ended');
    this.end(pair, code);
    if (!expected.has(code)) this.fail(pair, `failed: ${String(error)}`);
    if (code === 'SKEIN_UNKNOWN_NODE') this.checkDenied(pair, String(error));
    if (code === 'SKEIN_TIMEOUT') this.checkTimedOut(pair, String(error));
  }

  /** The channel to whom the broker named has ended. @param by What the other end said of itself. */
  channelEnded(pair: AskedPair, by: string): void {
    count(this.parts.checks, 'a pair leads to whom the broker named', 1);
    if (by !== `${pair.number} ${pair.other}`) this.fail(pair, `led to "${by}", and not to ${pair.other}`);
    this.end(pair, 'done');
  }

  channelFailed(pair: AskedPair, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    if (code === 'SKEIN_CLOSED' || !isRunning(pair.source) || pair.source.isLeaving)
      return this.end(pair, 'source-ended');
    this.end(pair, `channel ${code}`);
    if (!expectedOfChannels.has(code)) this.fail(pair, `has a channel that failed: ${String(error)}`);
  }

  checkOverdue(): void {
    const { now } = this.parts.mesh.world;
    for (const pair of this.outstanding) {
      const limitMs = pair.other === undefined ? overdueAfterMs : overdueAfterMs + channelEndsWithinMs;
      if (now - pair.askedAt < limitMs) continue;
      if (this.parts.standing.isSteady(pair.source, pair.askedAt))
        this.fail(pair, 'has not ended long after');
    }
  }

  /** Whoever is gone, as the broker was told, is forgotten at the end of its lease; one that has left, at once. */
  private checkThere(pair: AskedPair, other: string): void {
    const { brokers, checks } = this.parts;
    const broker = this.answeredBy(pair);
    if (broker === undefined || other === broker.node.name) return;
    count(checks, 'nobody is named who is gone', 1);
    const gone = brokers.goneTo(broker, other);
    if (gone === undefined) return;
    const limitMs = gone.reason === 'left' ? leftWithinMs : leaseEndsWithinMs;
    if (pair.askedAt - gone.at > limitMs)
      this.fail(
        pair,
        `was paired with ${other}, of which ${broker.node.name} knew that it is gone (${gone.reason})`,
      );
  }

  /** Nobody who is linked to the broker is denied: its hails have come. */
  private checkDenied(pair: AskedPair, text: string): void {
    const { checks, mesh, standing, offers } = this.parts;
    const broker = this.answeredBy(pair);
    // Who is not available is named to nobody; that this is said of no others is shown by the broker's own tests.
    const isRightly = text.includes('cannot be paired with itself') || text.includes('is not available');
    if (broker === undefined || isRightly) return;
    const since = pair.askedAt - standsSinceMs;
    const linked = new Set([broker, ...standing.neighborsOf(broker, since)]);
    if (!standing.isSteady(broker, since) || !linked.has(pair.source)) return;
    count(checks, 'nobody is denied who is there', 1);
    const named = mesh.livesNamed(pair.to);
    const offering = mesh.living.filter(({ node }) => offers(node.name, pair.to));
    const there = [...named, ...offering].find((life) => life !== pair.source && linked.has(life));
    if (there !== undefined)
      this.fail(
        pair,
        `was denied, though ${there.node.name} is linked to the broker ${broker.node.name}: ${text}`,
      );
  }

  /** Whoever is linked to a broker is answered. */
  private checkTimedOut(pair: AskedPair, text: string): void {
    const { brokers, checks, mesh, standing } = this.parts;
    const broker = brokers.brokerOf(pair.source);
    const since = pair.askedAt - standsSinceMs;
    if (broker === undefined || !standing.isSteady(pair.source, since) || mesh.liars.disturbUntil >= since)
      return;
    const isLinked = broker === pair.source || standing.neighborsOf(broker, since).includes(pair.source);
    const followedSince = brokers.followedBy(pair.source)?.since ?? 0;
    if (!isLinked || mesh.world.now - followedSince < formationLimits.pairTimeoutMs / 2) return;
    count(checks, 'a broker answers', 1);
    this.fail(
      pair,
      `was not answered, though ${pair.source.node.name} is linked to ${broker.node.name}: ${text}`,
    );
  }

  /** The broker that has answered: nobody but the one that the source follows is believed. */
  private answeredBy({ source, askedAt }: AskedPair): Life | undefined {
    const { brokers, mesh, standing } = this.parts;
    const broker = brokers.brokerOf(source);
    if (broker === undefined) return undefined;
    const isClear =
      mesh.liars.disturbUntil < askedAt - standsSinceMs && !standing.isDoubled(broker.node.name);
    return isClear && standing.isSteady(broker, askedAt) ? broker : undefined;
  }

  private end(pair: AskedPair, outcome: string): void {
    if (pair.outcome !== undefined) return this.fail(pair, `ended twice: ${pair.outcome}, ${outcome}`);
    pair.outcome = outcome;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  private fail({ number, source, to }: AskedPair, text: string): void {
    this.parts.mesh.world.fail(`pair ${number} of ${source.member.name} to ${to} ${text}`);
  }
}
