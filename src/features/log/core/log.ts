/**
 * The log's core: what the broker's store holds of all that has happened in the swarm, page by page.
 *
 * A behavior. A member asks the broker through the swarm's questions, which go to the next broker where one is gone; the
 * broker answers from its store, and keeps a reader that follows waiting until there is more. Invariant: a reader's place
 * is its own: the broker keeps nothing of it but the question that waits.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  LifecycleCalls,
  StoreCompletion,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import type { LogPage } from '../../../kernel/log-event.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import type { MessagingCore } from '../../messaging/core/shared.ts';
import type { Answer, Questioner, SwarmCore } from '../../swarm/core/shared.ts';
import { AvailabilityEvents } from './availability-events.ts';
import { checkedFilter, checkedName, checkedPlace, said } from './check-question.ts';
import { EnvelopeIntake } from './envelope-intake.ts';
import { checkedBatch, type EnvelopeBatch } from './envelope-wire.ts';
import { Envelopes } from './envelopes.ts';
import { logLimits } from './limits.ts';
import { type BatchMark, type LogAnswer, type LogShape, readCursor } from './log-types.ts';
import { WaitingReaders } from './waiting-readers.ts';

export const logFeature = 'log';

const never = Number.POSITIVE_INFINITY;
type Verbs = LogShape['store'];
type Completion = StoreCompletion<Verbs>;

/** What the log stands on. */
interface LogNeeds {
  readonly swarm: SwarmCore;
  readonly availability: AvailabilityCore;
  /** Where the envelopes of what this node sends are logged. */
  readonly messaging?: MessagingCore;
}

export class Log implements Behavior<LogShape> {
  readonly name = logFeature;
  readonly commands: CommandHandlers<LogShape> = {
    ask: (_agent, { verb, input }, reply) => this.swarm.ask(verb, input, reply),
    drain: (_agent, _nothing, reply) => this.envelopes.drain(() => reply.answer(undefined)),
  };
  readonly lifecycle: LifecycleCalls<LogShape> = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly timers: TimerCalls = {
    nextDeadline: () => Math.min(this.readers.nextDeadline(), this.trimAt, this.envelopes.nextDeadline()),
    deadline: (_agent, now) => this.deadline(now),
    flush: () => this.readers.look(),
  };
  readonly store = {
    completed: (_agent: unknown, completion: Completion) => this.completed(completion),
  };
  readonly diagnostics: DiagnosticCalls = {
    status: () => ({ readers: this.readers.count, envelopes: this.envelopes.counts }),
  };
  private readonly swarm: SwarmCore;
  private agent!: BehaviorAgent<LogShape>;
  private readonly operations = new Map<number, (completion: Completion) => void>();
  private readonly readers = new WaitingReaders({
    now: () => this.agent.now,
    read: (request, loaded, failed) =>
      this.ask('read', request, (completion) => {
        if (completion.ok) loaded(this.answerOf(completion.value as LogPage));
        else failed(completion.failure);
      }),
  });
  private readonly envelopes = new Envelopes({
    agent: () => this.agent,
    ask: (batch, reply) => this.swarm.ask('log.messages', batch, reply),
  });
  private readonly intake = new EnvelopeIntake();
  private trimAt = never;

  constructor({ swarm, availability, messaging }: LogNeeds) {
    this.swarm = swarm;
    messaging?.watchSent(this.envelopes.sent);
    new AvailabilityEvents({ agent: () => this.agent, swarm, availability });
    swarm.follow({
      officeChanged: () => this.officeChanged(),
      logged: () => this.agent.flushLater(),
    });
    swarm.answerBy('log.read', (_from, input, reply) => this.read(input, reply));
    swarm.answerBy('log.follow', (_from, input, reply) => this.follow(input, reply));
    swarm.answerBy('log.reader', (_from, input, reply) => this.reader(input, reply));
    swarm.answerBy('log.acknowledge', (_from, input, reply) => this.acknowledge(input, reply));
    swarm.answerBy('log.readers', (_from, _input, reply) =>
      this.answer('readers', undefined, reply, (readers) => ({ store: this.storeTag, readers })),
    );
    swarm.answerBy('log.messages', (from, input, reply) => this.messages(from, input, reply));
    swarm.answerBy('log.forget', (_from, input, reply) => this.forget(input, reply));
  }

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────

  private read(input: unknown, reply: Answer): void {
    const { cursor, before, isForward, limit, filter } = (input ?? {}) as Record<string, unknown>;
    const isAfter = cursor !== undefined || isForward === true;
    const place = checkedPlace(cursor ?? before);
    const wanted = checkedFilter(filter);
    if (place === 'invalid' || 'code' in wanted) return reply.fail(invalid(wanted, cursor ?? before));
    if (place !== undefined && place.store !== this.storeTag) return this.isOther(reply);
    const max = logLimits.logEventsPerPage;
    const request = {
      limit: Number.isSafeInteger(limit) ? Math.min(Math.max(limit as number, 1), max) : max,
      filter: wanted,
      ...(isAfter ? { after: place?.n ?? 0 } : {}),
      ...(!isAfter && place !== undefined ? { before: place.n } : {}),
    };
    // Who has read nothing before has missed nothing.
    const answerOf = (page: LogPage) => this.answerOf(cursor === undefined ? { ...page, lost: 0 } : page);
    this.answer('read', request, reply, answerOf);
  }

  private follow(input: unknown, reply: Answer): void {
    const { cursor, filter } = (input ?? {}) as Record<string, unknown>;
    const place = checkedPlace(cursor);
    const wanted = checkedFilter(filter);
    if (place === 'invalid' || 'code' in wanted) return reply.fail(invalid(wanted, cursor));
    if (place !== undefined && place.store !== this.storeTag) return this.isOther(reply);
    const request = { limit: logLimits.logEventsPerPage, filter: wanted };
    if (place !== undefined) this.readers.add({ ...request, after: place.n }, reply);
    // From now on: where the log ends at this moment.
    else this.answer('read', { limit: 1, filter: {} }, reply, (page: LogPage) => this.answerOf(atEnd(page)));
  }

  private answerOf(page: LogPage): LogAnswer {
    // No reader of this store has ever been given a place beyond its end.
    return { page, store: this.storeTag, isOther: page.place > page.newest + 1 };
  }

  private isOther(reply: Answer): void {
    const page: LogPage = { events: [], place: 0, isMore: false, lost: 0, oldest: 0, newest: 0 };
    reply.answer(JSON.stringify({ page, store: this.storeTag, isOther: true } satisfies LogAnswer));
  }

  private get storeTag(): string {
    const { office } = this.swarm;
    return (office.state === 'open' ? office.store : 0).toString(16).padStart(12, '0');
  }

  // ── durable readers ───────────────────────────────────────────────────────────────────────────────

  private reader(input: unknown, reply: Answer): void {
    const name = checkedName(input);
    if (typeof name !== 'string') return reply.fail(name);
    this.answer('reader', name, reply, (n: number) => ({ store: this.storeTag, n }));
  }

  private acknowledge(input: unknown, reply: Answer): void {
    const name = checkedName(input);
    if (typeof name !== 'string') return reply.fail(name);
    const { cursor } = input as Record<string, unknown>;
    const place = readCursor(cursor);
    if (place === undefined) return reply.fail(invalid({}, cursor));
    // What was read of another store is nothing to this one.
    if (place.store !== this.storeTag) return reply.answer('{}');
    const at = Math.floor(this.agent.wallNow);
    this.answer('acknowledge', { name, n: place.n, at }, reply, () => ({}));
  }

  private forget(input: unknown, reply: Answer): void {
    const name = checkedName(input);
    if (typeof name !== 'string') return reply.fail(name);
    this.answer('forget', name, reply, (isForgotten: boolean) => ({ isForgotten }));
  }

  // ── envelopes of messages ─────────────────────────────────────────────────────────────────────────

  /** Nothing of what this node has sent waits to be logged. */
  get isIdle(): boolean {
    return this.envelopes.isIdle;
  }

  private messages(from: Questioner, input: unknown, reply: Answer): void {
    const batch = checkedBatch(input);
    if (batch === undefined)
      return reply.fail(failure('SKEIN_INVALID', `envelopes of messages from ${from.name} are malformed`));
    const { now, wallNow, self } = this.agent;
    const { events, carried } = this.intake.eventsOf(from, batch, { now, wallNow, via: self.name });
    if (events.length === 0) return reply.answer('{}');
    this.ask('append', { events, mark: markOf(from, batch, wallNow) }, (completion) => {
      if (completion.ok && completion.value === true) this.swarm.logged();
      else this.intake.notWritten(from.node, this.agent.now, carried);
      if (completion.ok) reply.answer('{}');
      else reply.fail(completion.failure);
    });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  private officeChanged(): void {
    const { office } = this.swarm;
    this.trimAt = office.state === 'open' ? this.agent.now : never;
    if (office.state === 'open' || office.state === 'opening') return;
    this.operations.clear();
    this.intake.clear();
    if (office.state === 'failed') this.readers.fail(office.failure);
    // Their nodes ask the next broker.
    else this.readers.clear();
  }

  private deadline(now: number): void {
    this.readers.deadline(now);
    this.envelopes.deadline(now);
    if (now >= this.trimAt) this.trim();
  }

  private trim(): void {
    this.trimAt = this.agent.now + logLimits.logTrimMs;
    // A clock that was set ahead must not delete anything, nor a time that has begun with one that was wrong.
    const now = Math.floor(Math.min(this.agent.wallNow, this.swarm.time));
    const input = { now, rows: logLimits.logRowsPerTrim };
    this.ask('trim', input, (completion) => {
      if (completion.ok && completion.value === true) this.trimAt = this.agent.now;
    });
  }

  // ── the store ─────────────────────────────────────────────────────────────────────────────────────

  private completed(completion: Completion): void {
    const then = this.operations.get(completion.token);
    this.operations.delete(completion.token);
    if (!completion.ok) this.swarm.operationFailed(completion.failure);
    then?.(completion);
  }

  private ask<V extends keyof Verbs & string>(
    verb: V,
    input: Parameters<Verbs[V]>[0],
    then: (completion: Completion) => void,
  ): void {
    this.operations.set(this.agent.store(verb, input as never), then);
  }

  private answer<V extends keyof Verbs & string, Value>(
    verb: V,
    input: Parameters<Verbs[V]>[0],
    reply: Answer,
    map: (value: Value) => unknown = (value) => value,
  ): void {
    this.ask(verb, input, (completion) => {
      if (completion.ok) reply.answer(JSON.stringify(map(completion.value as Value)));
      else reply.fail(completion.failure);
    });
  }
}

function markOf({ name, life }: Questioner, { number }: EnvelopeBatch, wallNow: number): BatchMark | null {
  if (number === undefined) return null;
  return { author: name, incarnation: life, number, at: Math.floor(wallNow) };
}

function atEnd(page: LogPage): LogPage {
  return { ...page, events: [], place: page.newest, isMore: false };
}

function invalid(wanted: object, cursor: unknown) {
  if ('code' in wanted) return wanted as ReturnType<typeof failure>;
  const text = `a place in the log is 12 hexadecimal digits, a dot and a number, got "${said(cursor)}"`;
  return failure('SKEIN_INVALID', text);
}
