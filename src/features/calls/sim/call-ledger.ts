/**
 * Every call of a run: who asked, who carried it out and how often, what its asker was told.
 *
 * Who calls it: the call workload (asked, ended, begun). It stands outside the nodes and judges at once: no call
 * is carried out twice unless its service says that it may be, none of which the asker was told that it was not,
 * no answer that nobody gave, none that does not end in time. Invariant: it only records and complains.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { StandingLinks } from '../../../sim/world/checkers/standing.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';

export interface Carrying {
  readonly life: Life;
  readonly signal: AbortSignal;
  isOver: boolean;
}

export interface AskedCall {
  readonly number: number;
  readonly source: Life;
  readonly isIdempotent: boolean;
  readonly timeoutMs: number;
  readonly askedAt: number;
  readonly carriedOut: Carrying[];
  /** `done`, or a code; undefined until then. */
  outcome: string | undefined;
  endedAt: number;
}

/** What a handler answers: the call, and who has carried it out. */
export interface CallAnswer {
  readonly number: number;
  readonly by: string;
  readonly instance: string;
}

/** What handlers of the workload throw. */
export const plannedFailure = 'PLANNED';

/** They say: not carried out, and it will not be. */
const certain = new Set(['SKEIN_BUSY', 'SKEIN_NO_ROUTE', 'SKEIN_NO_SERVICE', 'SKEIN_TOO_LARGE']);
/** Codes that a call may end with; any other is a failure of the run. */
const expected = new Set([...certain, 'SKEIN_TIMEOUT', 'SKEIN_LOST', 'SKEIN_ABORTED', 'SKEIN_FAILED']);
/** On the asker's clock; a stall that is forgiven makes it this late. */
const lateMs = 3000;
const driftShare = 1.05;
/** A handler whose asker is gone is told once that is known (silence, grace), or at the deadline. */
const tellWithinMs = 15_000;

export class CallLedger {
  readonly counts: Record<string, number> = {};
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly standing: StandingLinks;
  private readonly calls: AskedCall[] = [];

  constructor(mesh: Mesh, checks: CheckCounts, standing: StandingLinks) {
    this.mesh = mesh;
    this.checks = checks;
    this.standing = standing;
  }

  asked(source: Life, isIdempotent: boolean, timeoutMs: number): AskedCall {
    const call: AskedCall = {
      number: this.calls.length,
      source,
      isIdempotent,
      timeoutMs,
      askedAt: this.mesh.world.now,
      carriedOut: [],
      outcome: undefined,
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.calls.push(call);
    return call;
  }

  get outstanding(): AskedCall[] {
    return this.calls.filter(({ outcome, source }) => outcome === undefined && isRunning(source));
  }

  /** A handler is called. */
  begun(life: Life, number: number, signal: AbortSignal): Carrying | undefined {
    const call = this.calls[number];
    if (call === undefined) {
      this.mesh.world.fail(`${life.member.name} was asked what nobody asked: ${number}`);
      return undefined;
    }
    count(this.checks, 'no call twice', 1);
    this.mesh.world.note(`${life.member.name} carries out call ${number}`);
    if (call.carriedOut.length > 0 && !call.isIdempotent)
      this.fail(call, `is carried out again, by ${life.member.name}`);
    if (certain.has(call.outcome ?? '') && !call.isIdempotent)
      this.fail(
        call,
        `is carried out by ${life.member.name}, and ${call.source.member.name} was told ${call.outcome}`,
      );
    const carrying: Carrying = { life, signal, isOver: false };
    call.carriedOut.push(carrying);
    return carrying;
  }

  done(call: AskedCall, answer: CallAnswer): void {
    this.end(call, 'done');
    count(this.checks, 'answers are true', 1);
    const isTrue =
      answer.number === call.number &&
      call.carriedOut.some(
        ({ life }) => life.node.name === answer.by && life.node.instance === answer.instance,
      );
    if (!isTrue) this.fail(call, `has an answer that nobody gave: ${JSON.stringify(answer)}`);
  }

  failed(call: AskedCall, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    // A node that gives way to a namesake is closed a moment before its program is told.
    if (code === 'SKEIN_CLOSED' || !isRunning(call.source) || call.source.isLeaving)
      return this.end(call, 'source-ended');
    this.end(call, code);
    if (!expected.has(code)) this.fail(call, `failed: ${String(error)}`);
    if (code === 'SKEIN_FAILED') this.checkFailed(call, error as SkeinError);
    if (!certain.has(code) || call.isIdempotent) return;
    count(this.checks, 'what was told as not carried out was not', 1);
    if (call.carriedOut.length > 0) this.fail(call, `was carried out, and its asker was told ${code}`);
  }

  /** Every call ends in time, whatever happens. */
  checkOverdue(): void {
    const { now } = this.mesh.world;
    for (const call of this.outstanding) {
      if (now - call.askedAt < call.timeoutMs * driftShare + lateMs) continue;
      if (this.standing.isSteady(call.source, call.askedAt))
        this.fail(call, 'has not ended long after its deadline');
    }
  }

  /** All is over: whoever still works for somebody who does not wait has been told. */
  checkTold(): void {
    const { now } = this.mesh.world;
    for (const call of this.calls) {
      if (call.outcome === undefined || now - call.endedAt < tellWithinMs) continue;
      for (const { life, signal, isOver } of call.carriedOut) {
        if (isOver || !isRunning(life) || life.platform.isPaused) continue;
        count(this.checks, 'who works for nobody is told', 1);
        if (!signal.aborted)
          this.fail(call, `ended as ${call.outcome}, and ${life.member.name} works on it untold`);
      }
    }
  }

  private checkFailed(call: AskedCall, error: SkeinError): void {
    const { code } = (error.details ?? {}) as { readonly code?: string };
    if (code === plannedFailure) return;
    this.fail(call, `failed as no handler did: ${JSON.stringify(error.details)}`);
  }

  private end(call: AskedCall, outcome: string): void {
    if (call.outcome !== undefined) this.fail(call, `ended twice: ${call.outcome}, ${outcome}`);
    call.outcome = outcome;
    call.endedAt = this.mesh.world.now;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  private fail({ number, source, isIdempotent }: AskedCall, text: string): void {
    const kind = isIdempotent ? 'idempotent call' : 'call';
    this.mesh.world.fail(`${kind} ${number} of ${source.member.name} ${text}`);
  }
}
