/**
 * The registry of a node's behaviors: one slot each, and the calls that go to all of them.
 *
 * Who calls it: the kernel and its parts. Invariant: two behaviors never share a name or a number, every call reaches
 * them in the order in which they were given, and what one throws stops nobody else.
 */

import { BehaviorWatch, type Clock } from './behavior-watch.ts';
import type {
  AnyBehavior,
  BehaviorAgent,
  ConnectionAgent,
  ConnectionHandler,
  KernelEvent,
  LinkId,
  LogLevel,
  Neighbor,
  Reply,
} from './contracts.ts';
import { type Failure, failure } from './errors.ts';
import { featureNumber, type NodeId } from './identity.ts';
import { limits } from './limits.ts';
import { stackOfThrown } from './thrown.ts';
import { equalBytes } from './wire/bytes.ts';

type Sections = ReadonlyMap<string, Uint8Array>;

/** One handler, with the agent it acts through. */
export interface HandlerEntry {
  readonly handler: ConnectionHandler;
  readonly agent: ConnectionAgent;
  readonly neighbor: Neighbor;
}

export class Slot {
  readonly behavior: AnyBehavior;
  readonly name: string;
  readonly number: number;
  /** Of the behavior: read once, since it is asked for each frame. */
  readonly frames: AnyBehavior['frames'];
  readonly handlers = new Map<LinkId, HandlerEntry>();
  /** Commands that it has not answered yet. */
  readonly replies = new Set<Reply<unknown>>();
  /** Set by the kernel once all its parts stand, before the first call. */
  agent!: BehaviorAgent;
  snoops = false;
  deadlineCalledAt = Number.NEGATIVE_INFINITY;
  wantsFlush = false;
  /** Switched off: it threw too often. It is not called again. */
  isOff = false;

  constructor(behavior: AnyBehavior) {
    this.behavior = behavior;
    this.name = behavior.name;
    this.number = featureNumber(behavior.name);
    this.frames = behavior.frames;
  }
}

export interface BehaviorsPorts {
  /** Kernel time. */
  readonly now: () => number;
  /** For how long a call takes. Undefined: nothing is measured. */
  readonly clock: Clock | undefined;
  readonly count: (counter: string) => void;
  readonly log: (level: LogLevel, text: string, feature: string) => void;
}

export class Behaviors {
  readonly slots: readonly Slot[];
  readonly watch: BehaviorWatch;
  private readonly ports: BehaviorsPorts;
  private readonly byNumber = new Map<number, Slot>();
  private readonly byName = new Map<string, Slot>();
  /** The next deadline of all; undefined after any of them was called, which may have moved its own. */
  private due: number | undefined;

  /** @throws TypeError when two behaviors have one name, or two names one number. */
  constructor(behaviors: readonly AnyBehavior[], ports: BehaviorsPorts) {
    this.ports = ports;
    this.watch = new BehaviorWatch(ports.clock, (text, feature) => ports.log('warn', text, feature));
    this.slots = behaviors.map((behavior) => this.register(behavior));
  }

  get names(): string[] {
    return this.slots.map((slot) => slot.name);
  }

  byFeature(number: number): Slot | undefined {
    return this.byNumber.get(number);
  }

  named(name: string): Slot | undefined {
    return this.byName.get(name);
  }

  /** Calls into one behavior; what it throws is reported, and how long it takes is measured. */
  call(slot: Slot, act: (slot: Slot) => void): void {
    if (slot.isOff) return;
    this.called();
    const begunAt = this.watch.begin();
    try {
      act(slot);
    } catch (error) {
      this.caught(error, slot);
    }
    this.watch.end(slot.name, begunAt, this.ports.now());
  }

  /** A behavior, or a handler of one, is called past this registry. */
  called(): void {
    this.due = undefined;
  }

  /** It threw: counted, logged, and after too many of them it is switched off. */
  caught(error: unknown, slot: Slot): void {
    const { ports } = this;
    ports.count('kernel.exceptions');
    const text = stackOfThrown(error);
    ports.log('error', `behavior ${slot.name} threw: ${text}`, slot.name);
    if (!this.watch.threw(slot.name, ports.now())) return;
    slot.isOff = true;
    const why = offFailure(slot.name);
    ports.log('error', why.message, slot.name);
    for (const reply of [...slot.replies]) reply.fail(why);
  }

  each(act: (slot: Slot) => void): void {
    for (const slot of this.slots) this.call(slot, act);
  }

  emit(event: KernelEvent): void {
    this.each(({ behavior, agent }) => behavior.mesh?.event?.(agent, event));
    if (event.type === 'sections-changed') this.announced(event.node, event.before, event.after);
  }

  /** Each feature hears of its own section only, and only where it changed. */
  private announced(node: NodeId, before: Sections, after: Sections): void {
    this.each(({ behavior, agent, name }) => {
      const now = after.get(name);
      if (!equalBytes(before.get(name), now)) behavior.mesh?.announced?.(agent, node, now);
    });
  }

  tick(now: number, intervalMs: number): void {
    this.watch.tick();
    this.each(({ behavior, agent, handlers }) => {
      behavior.timers?.tick?.(agent, now, intervalMs);
      for (const entry of handlers.values()) entry.handler.tick?.(entry.agent, now, intervalMs);
    });
  }

  nextDeadline(): number {
    this.due ??= this.soonest();
    return this.due;
  }

  deadline(now: number): void {
    // Some go by the time of the moment, also where nobody is called.
    this.called();
    for (const slot of this.slots) {
      // Asked before it is called: of many behaviors one is due.
      if (this.deadlineOf(slot) > now) continue;
      this.call(slot, ({ behavior, agent }) => {
        slot.deadlineCalledAt = now;
        behavior.timers?.deadline?.(agent, now);
      });
    }
  }

  private soonest(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.slots) next = Math.min(next, this.deadlineOf(slot));
    return next;
  }

  /** One whose deadline did not move when it was called (it threw, perhaps) must not make time stand still. */
  private deadlineOf(slot: Slot): number {
    const { deadlineCalledAt, isOff } = slot;
    const due = isOff ? undefined : this.wished(slot);
    if (due === undefined) return Number.POSITIVE_INFINITY;
    return due > deadlineCalledAt ? due : deadlineCalledAt + limits.deadlineAgainMs;
  }

  private wished(slot: Slot): number | undefined {
    try {
      return slot.behavior.timers?.nextDeadline?.();
    } catch (error) {
      this.caught(error, slot);
      return undefined;
    }
  }

  /** True while some behavior had something to flush. */
  flush(now: number): boolean {
    let flushed = false;
    for (const slot of this.slots) {
      if (!slot.wantsFlush) continue;
      slot.wantsFlush = false;
      flushed = true;
      this.call(slot, ({ behavior, agent }) => behavior.timers?.flush?.(agent, now));
    }
    return flushed;
  }

  private register(behavior: AnyBehavior): Slot {
    const slot = new Slot(behavior);
    const other = this.byName.get(slot.name) ?? this.byNumber.get(slot.number);
    if (other !== undefined) {
      throw new TypeError(
        `behaviors: "${slot.name}" and "${other.name}" have the same name or number; rename one`,
      );
    }
    this.byName.set(slot.name, slot);
    this.byNumber.set(slot.number, slot);
    return slot;
  }
}

/** What whoever asks a behavior that is switched off is told. */
export function offFailure(name: string): Failure {
  const { behaviorThrowsMax: times, behaviorThrowsMs: withinMs } = limits;
  const text = `behavior ${name} is switched off: it threw ${times} times within ${withinMs / 1000} s; fix it and restart the node`;
  return failure('SKEIN_FAILED', text);
}
