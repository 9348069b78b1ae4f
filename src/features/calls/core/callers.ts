/**
 * What is remembered of each asker: its calls from their request until it has the answer, and the numbers that
 * must not be carried out any more.
 *
 * Who calls it: the responder. Invariant: a number is fresh once. Memory is bounded: by askers, by calls of each,
 * and by a window of numbers that are over; a number below the window is not fresh either.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { Numbered } from '../../../kernel/parts/numbered.ts';
import type { Execution } from './calls-types.ts';
import { callLimits } from './limits.ts';
import type { Service } from './service.ts';
import type { ReplyStatus } from './wire.ts';

/**
 * `queued` waits for a handler, `running` has one, `answered` is kept until its asker has the answer. `left`: it
 * is carried out still, and nobody waits for it.
 */
type WorkState = 'queued' | 'running' | 'left' | 'answered';

export interface Answer {
  readonly status: ReplyStatus;
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** One request here. */
export interface Work extends Execution {
  readonly caller: Caller;
  readonly offer: Service<Work>;
  state: WorkState;
  /** Let go of once it is answered. */
  input: Uint8Array;
  /** Undefined before there is one, and once there was no room for it any more. */
  answer: Answer | undefined;
}

/** Of a number: not seen yet, never begun here and not to be, or begun. */
export type Fate = 'fresh' | 'never' | 'begun';

export class Caller {
  readonly source: NodeId;
  readonly life: number;
  /** By number: from the request until the asker has the answer. */
  readonly works = new Numbered<Work>();
  /** Seconds in which it has asked nothing: counted, since a clock may leap. */
  idleTicks = 0;
  /** Numbers that are over, and whether they were begun: the younger half and the older. */
  private young = new Map<number, boolean>();
  private old = new Map<number, boolean>();
  /** Numbers below are forgotten: they may have been begun. */
  private floor = 0;

  constructor(source: NodeId, life: number) {
    this.source = source;
    this.life = life;
  }

  fateOf(number: number): Fate {
    if (this.works.has(number)) return 'begun';
    const begun = this.young.get(number) ?? this.old.get(number) ?? (number < this.floor ? true : undefined);
    if (begun === undefined) return 'fresh';
    return begun ? 'begun' : 'never';
  }

  /** From now on it is not fresh. */
  isOver(number: number, begun: boolean): void {
    this.works.delete(number);
    this.young.set(number, begun);
    if (this.young.size < callLimits.callsOverRemembered) return;
    for (const one of this.old.keys()) if (one >= this.floor) this.floor = one + 1;
    this.old = this.young;
    this.young = new Map();
  }
}

/** Lives of one node of which calls are remembered: the one that runs, and the one before it. */
const livesPerSourceMax = 2;

export class Callers {
  /** By source; newest life last. Kept in the order of use, roughly. */
  private readonly sources = new Map<NodeId, Caller[]>();

  find(source: NodeId, life: number): Caller | undefined {
    const callers = this.sources.get(source);
    if (callers === undefined) return undefined;
    for (const caller of callers) if (caller.life === life) return caller;
    return undefined;
  }

  /** Undefined where all room is taken by askers that still wait for something. */
  of(source: NodeId, life: number): Caller | undefined {
    let caller = this.find(source, life);
    if (caller === undefined) {
      if (!this.makeRoom(source)) return undefined;
      caller = new Caller(source, life);
      const callers = this.sources.get(source);
      if (callers === undefined) this.sources.set(source, [caller]);
      else callers.push(caller);
    }
    caller.idleTicks = 0;
    return caller;
  }

  *all(): Iterable<Caller> {
    for (const callers of this.sources.values()) yield* callers;
  }

  /** Once a second: those that nothing is under way for, and that have not asked for a while. */
  forgetIdle(): void {
    for (const [source, callers] of this.sources) {
      const kept = callers.filter(
        (caller) => caller.works.size > 0 || caller.idleTicks++ < callLimits.callerIdleTicks,
      );
      if (kept.length === 0) this.sources.delete(source);
      else if (kept.length < callers.length) this.sources.set(source, kept);
    }
  }

  private makeRoom(source: NodeId): boolean {
    const callers = this.sources.get(source);
    if (callers === undefined) return this.sources.size < callLimits.callersMax || this.dropIdle();
    if (callers.length < livesPerSourceMax) return true;
    const [oldest] = callers;
    if (oldest === undefined || oldest.works.size > 0) return false;
    callers.shift();
    return true;
  }

  private dropIdle(): boolean {
    for (const [source, callers] of this.sources) {
      if (callers.some(({ works }) => works.size > 0)) continue;
      this.sources.delete(source);
      return true;
    }
    return false;
  }
}
