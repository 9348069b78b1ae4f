/**
 * A world of its own: virtual time, a queue of events, one seed for all chance.
 *
 * Who calls it: everything in this folder; `runUntil` is the only loop. Invariant: nothing happens but
 * by an event from the queue, and the promises that an event settled run on before the next event, so
 * the same seed gives the same run byte for byte. Real time is never read.
 */
import { EventHeap } from '../../kernel/parts/event-heap.ts';
import { SeededRandom } from './random.ts';
import type { ScheduledEvent } from './scheduled-event.ts';
import { TraceHash } from './trace-hash.ts';

/**
 * Turns of the microtask queue granted after an event that reached a program. A chain of promises that
 * is longer runs on after the next event: a shift of order that is the same in every run.
 */
const microtaskTurns = 8;
/** The same for turns of the tick queue: a write, its drain, what is written then. */
const tickTurns = 4;
/** A world that gets no further in time is broken: some node answers itself for ever. */
const eventsPerInstantMax = 2_000_000;
/** Kept for the report; a broken run would otherwise fill the memory with its complaints. */
const failuresMax = 50;
/** Of a stack: where it broke and who called; the rest is the simulator's own loop. */
const stackLinesMax = 5;

/** What a world is made with. */
export interface WorldOptions {
  /** A whole number: the same seed gives the same run. */
  readonly seed: number;
  /** Keep a readable line for each thing noted. Default false. */
  readonly trace?: boolean;
}

/** Virtual time: a queue of events, one source of chance, and a fingerprint of all that happens. */
export class World {
  /** The seed that it was made with. */
  readonly seed: number;
  /** The root of all chance: each part draws from a fork of it. */
  readonly random: SeededRandom;
  /** Over every event and every noted line; equal for equal runs. */
  readonly hash = new TraceHash();
  /** What was noted, a line each with its time. Empty without the option `trace`. */
  readonly traceLines: string[] = [];
  private readonly events = new EventHeap<ScheduledEvent>();
  private readonly firstFailures: { readonly at: number; readonly text: string }[] = [];
  private readonly failureTimes = new Map<string, number>();
  private readonly tracing: boolean;
  private time = 0;
  private eventNumber = 0;
  private eventsRun = 0;
  private eventsThisInstant = 0;
  private programTouched = false;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.random = SeededRandom.fromSeed(options.seed);
    this.tracing = options.trace ?? false;
  }

  /** Virtual milliseconds since the world began. */
  get now(): number {
    return this.time;
  }

  /** How many events have run. */
  get eventCount(): number {
    return this.eventsRun;
  }

  /** Runs a function at this virtual time in milliseconds; where that has passed, after what is due at this instant. */
  at(time: number, run: () => void): ScheduledEvent {
    const event: ScheduledEvent = { at: Math.max(time, this.time), number: this.eventNumber++, run };
    this.events.push(event);
    return event;
  }

  /** Runs a function this many virtual milliseconds from now. */
  after(delayMs: number, run: () => void): ScheduledEvent {
    return this.at(this.time + delayMs, run);
  }

  /** An event that has not run yet does not run any more. Undefined and events of the past are ignored. */
  cancel(event: ScheduledEvent | undefined): void {
    if (event !== undefined) event.run = undefined;
  }

  /** Programs here use streams, which also go on by ticks of the platform: these run before the next event as well. */
  hasStreams = false;

  /** Something was handed to a program: its promises must run before the next event. */
  touchProgram(): void {
    this.programTouched = true;
  }

  /** A line for the trace, and part of the fingerprint. */
  note(text: string): void {
    this.hash.text(text);
    if (this.tracing) this.traceLines.push(`${this.time.toFixed(3)} ${text}`);
  }

  /** The same text again is only counted. */
  fail(text: string): void {
    this.note(`FAILURE ${text}`);
    const times = (this.failureTimes.get(text) ?? 0) + 1;
    this.failureTimes.set(text, times);
    if (times === 1 && this.firstFailures.length < failuresMax)
      this.firstFailures.push({ at: this.time, text });
  }

  /** What went wrong, as text; a run never throws for it. */
  get failures(): string[] {
    return this.firstFailures.map(({ at, text }) => {
      const times = this.failureTimes.get(text) as number;
      return `at ${at.toFixed(1)} ms${times > 1 ? `, ${times} times in all` : ''}: ${text}`;
    });
  }

  /** Runs for this many virtual milliseconds. Resolves with false. */
  run(forMs: number): Promise<boolean> {
    return this.runUntil(() => false, forMs);
  }

  /** Runs until the condition holds (true) or the time is over (false). */
  async runUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.time + limitMs;
    await this.settle();
    while (!condition()) {
      const next = this.events.peek();
      if (next === undefined || next.at > end) {
        this.time = end;
        return condition();
      }
      this.step();
      if (this.programTouched) await this.settle();
    }
    return true;
  }

  /** Runs until the promise settles. @throws what it rejects with, or an Error when time is over. */
  async resolve<Value>(promise: Promise<Value>, limitMs = 60_000): Promise<Value> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    this.touchProgram();
    if (!(await this.runUntil(() => settled, limitMs)))
      throw new Error(`a promise did not settle within ${limitMs} ms of virtual time`);
    return promise;
  }

  private step(): void {
    const event = this.events.pop() as ScheduledEvent;
    if (event.run === undefined) return;
    if (event.at > this.time) this.eventsThisInstant = 0;
    this.time = event.at;
    this.eventsRun++;
    if (++this.eventsThisInstant > eventsPerInstantMax)
      throw new Error(
        `the world stands still at ${this.time} ms: ${eventsPerInstantMax} events in one instant`,
      );
    this.hash.number(event.at);
    try {
      event.run();
    } catch (error) {
      this.fail(`unexpected exception: ${stackOf(error)}`);
    }
  }

  private async settle(): Promise<void> {
    this.programTouched = false;
    for (let turn = 0; turn < microtaskTurns; turn++) await undefined;
    if (!this.hasStreams) return;
    // In the order in which they were asked for: ours comes after those that the streams wait for.
    for (let turn = 0; turn < tickTurns; turn++)
      await new Promise<void>((resolve) => process.nextTick(resolve));
  }
}

export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? error.message).split('\n').slice(0, stackLinesMax).join('\n');
}
