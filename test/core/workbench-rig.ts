/**
 * A worker's side of tasks with a clock of its own, a broker that writes down what it hears, and a program that does.
 *
 * Used by the tests beside `features/tasks/core/workbench.ts`. Everything that is said goes through its bytes.
 */
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import type { AttemptPlace, WorkEvent } from '../../src/features/tasks/core/member-events.ts';
import type { Assignment, FromMember, TaskOffer } from '../../src/features/tasks/core/messages.ts';
import type { Capacity, Offered, Requirements } from '../../src/features/tasks/core/requirements.ts';
import type { KeptResult } from '../../src/features/tasks/core/tasks-types.ts';
import { decodeTaskMessage } from '../../src/features/tasks/core/wire.ts';
import { Workbench } from '../../src/features/tasks/core/workbench.ts';

type Said<Type extends FromMember['type']> = Extract<FromMember, { type: Type }>;

/** Tag of the store that the broker has, if nothing else is said. */
export const store = 77;
export const anywhere: Requirements = {
  ...{ cores: 0, memory: 0, software: [], resources: [], node: '', not: [] },
};
export const capacity: Capacity = { cores: 8, memory: 2 ** 34, software: [], resources: [] };
export const render: Offered = { service: 'render', concurrency: 2, queue: 1, isIdempotent: false };
export const result = { encoding: 1, body: Uint8Array.of(7) };

export function offer(
  n: number,
  needs: Partial<Requirements> = {},
  number = n,
  service = 'render',
): TaskOffer {
  return { n, offer: number, service, needs: { ...anywhere, ...needs }, priority: 3 };
}

/** Its fence is ten times its place. */
export function task(n: number, more: Partial<Assignment> = {}): Assignment {
  return {
    ...{ n, fence: 10 * n, id: n.toString(16).padStart(32, '0'), service: 'render', author: 'a' },
    ...{ needs: anywhere, priority: 3, attempt: 1, timeoutMs: 0 },
    ...{ input: { encoding: 0, body: Uint8Array.of(1) }, ...more },
  };
}

export function place(n: number, of = store): AttemptPlace {
  return { store: of, n, fence: 10 * n };
}

export class WorkbenchRig {
  now = 1000;
  /** Of the wall clock, since the rig was made. */
  wallAhead = 0;
  hasBroker = true;
  /** This node has not said that it takes no work. */
  isAvailable = true;
  /** The broker answers what renews the lease. */
  renews = true;
  sent: FromMember[] = [];
  /** Of the last `work` that was said: the broker has heard it. */
  opening = 0;
  /** The last word of the program of which it has heard that the broker knows it; 0: none. */
  knownWord = 0;
  /** `begin 1`, `stop 1: why`. */
  readonly heard: string[] = [];
  /** `keep 1`, `drop 1`. */
  readonly onDisk: string[] = [];
  readonly kept: KeptResult[] = [];
  readonly logged: string[] = [];
  /** What the program does as it hears of something. */
  onEvent: (event: WorkEvent) => void = () => undefined;
  bench = this.makeBench();

  /** Another incarnation. */
  restart(): void {
    this.sent = [];
    this.bench = this.makeBench();
  }

  /** What was said since the last look, without renewals. */
  said(): FromMember[] {
    this.bench.flush();
    const messages = this.sent.splice(0);
    for (const message of messages) if (message.type === 'renew' && this.renews) this.renewed(message.number);
    this.bench.flush();
    return [...messages, ...this.sent.splice(0)].filter(({ type }) => type !== 'renew');
  }

  saidOf<Type extends FromMember['type']>(type: Type): Said<Type>[] {
    return this.said().filter((message) => message.type === type) as Said<Type>[];
  }

  /** `1 failed: why`. */
  handedIn(): string[] {
    return this.saidOf('ended').flatMap(({ items }) =>
      items.map(({ n, outcome, reason }) =>
        reason === '' ? `${n} ${outcome}` : `${n} ${outcome}: ${reason}`,
      ),
    );
  }

  pass(ms: number): void {
    this.now += ms;
    this.bench.deadline(this.now);
  }

  /** The lease is renewed as time passes. */
  passRenewed(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.pass(Math.min(1000, end - this.now));
      this.said();
    }
  }

  /** It works, and has a lease. */
  begin(services: readonly Offered[] = [render], own = capacity): void {
    this.bench.brokerChanged(store);
    this.bench.work(services, own);
    this.said();
  }

  /** What it answers: `1 yes`, `2 is draining`. */
  answers(...offers: readonly TaskOffer[]): string[] {
    this.bench.received({ type: 'offers', store, offers });
    return this.saidOf('answers').flatMap((message) =>
      message.answers.map(({ n, declined }) => `${n} ${declined === '' ? 'yes' : declined}`),
    );
  }

  assign(...tasks: readonly Assignment[]): void {
    this.bench.received({ type: 'assigned', store, opening: this.opening, tasks });
  }

  end(n: number): void {
    this.bench.ended(place(n), { outcome: 'done', result });
  }

  fail(n: number, reason = 'broken'): void {
    this.bench.ended(place(n), { outcome: 'failed', reason, isFinal: false });
  }

  settle(...ns: readonly number[]): void {
    const items = ns.map((n) => ({ n, fence: 10 * n, isAccepted: true }));
    this.bench.received({ type: 'settled', store, items });
  }

  private renewed(number: number): void {
    this.bench.received({ type: 'renewed', number, leaseMs: taskLimits.taskLeaseMs });
  }

  private makeBench(): Workbench {
    return new Workbench({
      name: 'w',
      stallToleranceMs: 3000,
      now: () => this.now,
      wallNow: () => this.now + this.wallAhead,
      machine: () => ({ load: 0.5, freeMemory: 1000 }),
      isAvailable: () => this.isAvailable,
      send: (bytes) => this.send(bytes),
      deliver: (event) => this.deliver(event),
      flushLater: () => undefined,
      log: (_level, text) => this.logged.push(text),
      keep: (kept) => {
        this.kept.push(kept);
        this.onDisk.push(`keep ${kept.n}`);
      },
      drop: ({ n }) => this.onDisk.push(`drop ${n}`),
    });
  }

  private send(bytes: Uint8Array): boolean {
    if (!this.hasBroker) return false;
    const message = decodeTaskMessage(bytes);
    if (message === undefined) throw new Error('the broker cannot read this');
    if (message.type === 'work') this.opening = message.opening;
    this.sent.push(message as FromMember);
    return true;
  }

  private deliver(event: WorkEvent): void {
    this.onEvent(event);
    if (event.type === 'known') this.knownWord = event.word;
    else if (event.type === 'begin') this.heard.push(`begin ${event.place.n}`);
    else this.heard.push(`stop ${event.place.n}: ${event.reason}`);
  }
}
