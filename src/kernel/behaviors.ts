/**
 * The registry of a node's behaviors: one slot each, and the calls that go to all of them.
 *
 * Who calls it: the kernel and its parts. Invariant: two behaviors never share a name or a number, and
 * every call reaches them in the order in which they were given.
 */
import type {
  Behavior,
  BehaviorAgent,
  ConnectionAgent,
  ConnectionHandler,
  KernelEvent,
  LinkId,
  Neighbor,
} from './contracts.ts';
import { featureNumber, type NodeId } from './identity.ts';
import { limits } from './limits.ts';

type Sections = ReadonlyMap<string, Uint8Array>;

/** One handler, with the agent it acts through. */
export interface HandlerEntry {
  readonly handler: ConnectionHandler;
  readonly agent: ConnectionAgent;
  readonly neighbor: Neighbor;
}

export class Slot {
  readonly behavior: Behavior<unknown>;
  readonly name: string;
  readonly number: number;
  readonly handlers = new Map<LinkId, HandlerEntry>();
  /** Set by the kernel once all its parts stand, before the first call. */
  agent!: BehaviorAgent;
  snoops = false;
  deadlineCalledAt = Number.NEGATIVE_INFINITY;
  wantsFlush = false;

  constructor(behavior: Behavior<unknown>) {
    this.behavior = behavior;
    this.name = behavior.name;
    this.number = featureNumber(behavior.name);
  }
}

export class Behaviors {
  readonly slots: readonly Slot[];
  readonly caught: (error: unknown, feature: string) => void;
  private readonly byNumber = new Map<number, Slot>();
  private readonly byName = new Map<string, Slot>();
  /** The next deadline of all; undefined after any of them was called, which may have moved its own. */
  private due: number | undefined;

  /**
   * @param caught Told what a behavior threw; the others go on.
   * @throws TypeError when two behaviors have one name, or two names one number.
   */
  constructor(behaviors: readonly Behavior<never>[], caught: (error: unknown, feature: string) => void) {
    this.caught = caught;
    this.slots = behaviors.map((behavior) => this.register(behavior as Behavior<unknown>));
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

  /** Calls into one behavior; what it throws stays its own affair. */
  call(slot: Slot, act: (slot: Slot) => void): void {
    this.called();
    try {
      act(slot);
    } catch (error) {
      this.caught(error, slot.name);
    }
  }

  /** A behavior, or a handler of one, is called past this registry. */
  called(): void {
    this.due = undefined;
  }

  each(act: (slot: Slot) => void): void {
    for (const slot of this.slots) this.call(slot, act);
  }

  emit(event: KernelEvent): void {
    this.each(({ behavior, agent }) => behavior.event?.(agent, event));
    if (event.type === 'sections-changed') this.announced(event.node, event.before, event.after);
  }

  /** Each feature hears of its own section only, and only where it changed. */
  private announced(node: NodeId, before: Sections, after: Sections): void {
    this.each(({ behavior, agent, name }) => {
      const now = after.get(name);
      if (!equalBytes(before.get(name), now)) behavior.announced?.(agent, node, now);
    });
  }

  tick(now: number, intervalMs: number): void {
    this.each(({ behavior, agent, handlers }) => {
      behavior.tick?.(agent, now, intervalMs);
      for (const entry of handlers.values()) entry.handler.tick?.(entry.agent, now, intervalMs);
    });
  }

  nextDeadline(): number {
    this.due ??= this.slots.reduce(
      (next, slot) => Math.min(next, this.deadlineOf(slot)),
      Number.POSITIVE_INFINITY,
    );
    return this.due;
  }

  deadline(now: number): void {
    this.each((slot) => {
      if (this.deadlineOf(slot) > now) return;
      slot.deadlineCalledAt = now;
      slot.behavior.deadline?.(slot.agent, now);
    });
  }

  /** One whose deadline did not move when it was called (it threw, perhaps) must not make time stand still. */
  private deadlineOf({ behavior, deadlineCalledAt }: Slot): number {
    const due = behavior.nextDeadline?.() ?? Number.POSITIVE_INFINITY;
    return due > deadlineCalledAt ? due : deadlineCalledAt + limits.deadlineAgainMs;
  }

  /** True while some behavior had something to flush. */
  flush(now: number): boolean {
    let flushed = false;
    for (const slot of this.slots) {
      if (!slot.wantsFlush) continue;
      slot.wantsFlush = false;
      flushed = true;
      this.call(slot, ({ behavior, agent }) => behavior.flush?.(agent, now));
    }
    return flushed;
  }

  private register(behavior: Behavior<unknown>): Slot {
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

function equalBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
