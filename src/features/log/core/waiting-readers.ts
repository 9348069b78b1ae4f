/**
 * Readers that wait at the broker until the log has more for them.
 *
 * Made by the log's behavior, which says when there may be more. Invariant: each is answered once: with events, after a
 * while with how far the log was looked at without any, or with why it cannot be read; one reads one page at a time.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { LogRequest } from '../../../kernel/log-event.ts';
import type { Answer } from '../../swarm/core/shared.ts';
import { logLimits } from './limits.ts';
import type { LogAnswer } from './log-types.ts';

export interface WaitingReadersPorts {
  now(): number;
  read(request: LogRequest, loaded: (answer: LogAnswer) => void, failed: (why: Failure) => void): void;
}

interface Reader {
  request: LogRequest;
  readonly reply: Answer;
  readonly until: number;
  isReading: boolean;
  /** There may be more since the reading under way was begun. */
  lookAgain: boolean;
  /** What it is answered with where nothing more comes in time. */
  last: LogAnswer | undefined;
}

export class WaitingReaders {
  private readonly ports: WaitingReadersPorts;
  /** In the order of their deadlines. */
  private readonly waiting = new Set<Reader>();

  constructor(ports: WaitingReadersPorts) {
    this.ports = ports;
  }

  get count(): number {
    return this.waiting.size;
  }

  add(request: LogRequest, reply: Answer): void {
    if (this.waiting.size >= logLimits.logReadersWaitingMax) {
      const text = `${logLimits.logReadersWaitingMax} readers of the log wait for more already: end one that is used no more`;
      return reply.fail(failure('SKEIN_BUSY', text));
    }
    const until = this.ports.now() + logLimits.logWaitMs;
    const reader = { request, reply, until, isReading: false, lookAgain: false, last: undefined };
    this.waiting.add(reader);
    this.read(reader);
  }

  /** There may be more. */
  look(): void {
    for (const reader of this.waiting) this.read(reader);
  }

  fail(why: Failure): void {
    const all = [...this.waiting];
    this.waiting.clear();
    for (const { reply } of all) reply.fail(why);
  }

  clear(): void {
    this.waiting.clear();
  }

  nextDeadline(): number {
    for (const { until, last } of this.waiting) if (last !== undefined) return until;
    return Number.POSITIVE_INFINITY;
  }

  deadline(now: number): void {
    for (const reader of this.waiting) {
      if (reader.until > now) return;
      // One whose first page is still being read is answered by that.
      if (reader.last !== undefined) this.answer(reader, reader.last);
    }
  }

  private read(reader: Reader): void {
    if (reader.isReading) {
      reader.lookAgain = true;
      return;
    }
    reader.isReading = true;
    reader.lookAgain = false;
    this.ports.read(
      reader.request,
      (answer) => this.loaded(reader, answer),
      (why) => {
        if (this.waiting.delete(reader)) reader.reply.fail(why);
      },
    );
  }

  private loaded(reader: Reader, answer: LogAnswer): void {
    if (!this.waiting.has(reader)) return;
    reader.isReading = false;
    const { page, isOther } = answer;
    if (isOther || page.events.length > 0 || page.lost > 0) return this.answer(reader, answer);
    reader.last = answer;
    reader.request = { ...reader.request, after: page.place };
    if (this.ports.now() >= reader.until) this.answer(reader, answer);
    else if (page.isMore || reader.lookAgain) this.read(reader);
  }

  private answer(reader: Reader, answer: LogAnswer): void {
    this.waiting.delete(reader);
    reader.reply.answer(JSON.stringify(answer));
  }
}
