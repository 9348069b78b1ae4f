/** What the core of tasks, its program and its store ask of each other. */
import type { Shape, StoreCompletion } from '../../../kernel/contracts.ts';
import type { NewsEvent, OrderedEvent, SettledEvent, WorkEvent } from './member-events.ts';
import type { Capacity, Offered } from './requirements.ts';
import type {
  ByBroker,
  ByPerson,
  Cancelled,
  Change,
  Claim,
  Claimed,
  Duration,
  Encoded,
  Ended,
  Ending,
  KeptResult,
  MovedTask,
  NewTask,
  OrderOutcome,
  OwedLetter,
  OwedPlace,
  Ranked,
  SeenWorker,
  TakeOutcome,
  TaskHead,
  TaskId,
  TaskPage,
  TaskPageRequest,
  TaskStatus,
} from './tasks-types.ts';

export interface TasksShape extends Shape {
  readonly commands: {
    ask(question: { readonly verb: string; readonly input: unknown }): string;
    /** All that this node works on from now on. @returns The number of this word: the event `known` says it once the broker has heard it. */
    work(input: { readonly services: readonly Offered[]; readonly capacity: Capacity }): number;
  };
  readonly event: OrderedEvent | NewsEvent | WorkEvent | SettledEvent;
  readonly store: {
    /** `ranked`: places in the queue that others have from now on, in any case. */
    order(
      input: ByBroker & {
        /** Unix milliseconds of the time by which tasks wait and expire. */
        readonly time: number;
        readonly author: string;
        /** All of them are stored, or none. Otherwise each by itself. */
        readonly isTogether: boolean;
        readonly tasks: readonly NewTask[];
        readonly ranked: readonly Ranked[];
      },
    ): readonly OrderOutcome[];
    /** Tasks whose time has come, or that wait for nobody any more, are queued at these places. */
    ready(
      input: ByBroker & { readonly time: number; readonly ranked: readonly Ranked[] },
    ): readonly TaskHead[];
    claim(input: ByBroker & { readonly items: readonly Claim[] }): readonly Claimed[];
    /** A worker has begun with them. @returns Null: the claim is not the last one. */
    started(
      input: ByBroker & { readonly items: readonly { readonly n: number; readonly fence: number }[] },
    ): readonly (TaskHead | null)[];
    /**
     * @param worker Who says so; empty: the broker does. Only the one that has claimed a task can end it.
     * @param staleNotes Refused ends that are noted in the log, at most. Absent: all.
     */
    end(
      input: ByBroker & {
        readonly time: number;
        readonly worker: string;
        readonly items: readonly Ending[];
        readonly staleNotes?: number;
      },
    ): readonly Ended[];
    cancel(input: ByPerson & { readonly id: TaskId; readonly reason: string }): Cancelled;
    /** Tasks that cannot be done any more, or whose deadline is over, and that nobody runs. Others are left. */
    expire(
      input: ByBroker & {
        readonly items: readonly {
          readonly n: number;
          readonly state: 'failed' | 'cancelled' | 'expired';
          readonly reason: string;
        }[];
      },
    ): readonly Change[];
    /** False: it has not ended, or is not known. */
    remove(input: ByPerson & { readonly id: TaskId }): boolean;
    /** Those that have not ended, in the order of their places. */
    heads(page: { readonly after: number; readonly limit: number }): readonly TaskHead[];
    status(id: TaskId): TaskStatus | null;
    /** What it was ordered with, and then each of its parts: for an order that repeats it. Empty: not known, or done. */
    ordered(id: TaskId): readonly NewTask[];
    /** Of a task that is done: of one of several parts those of its parts, in order. */
    results(id: TaskId): readonly Encoded[] | null;
    list(request: TaskPageRequest): TaskPage;
    /** Forgets tasks that ended long ago. @returns True: there are more. */
    sweep(input: { readonly now: number; readonly limit: number }): boolean;
    /** Tasks whose end is to be sent as a letter still, after this place, in the order of their ends. */
    owedLetters(page: { readonly after: OwedPlace; readonly limit: number }): readonly OwedLetter[];
    /** The mailbox of its author has it. */
    letterSent(id: TaskId): void;
    sawWorkers(workers: readonly SeenWorker[]): void;
    workers(page: { readonly after: string; readonly limit: number }): readonly SeenWorker[];
    /** Of the tasks that were done last, the newest first. */
    durations(input: { readonly service: string; readonly limit: number }): readonly Duration[];
    /** Tasks of another store that is merged into this one. */
    take(input: { readonly tasks: readonly MovedTask[] }): readonly TakeOutcome[];
    /** Forgets tasks that another store has taken. */
    give(input: ByBroker & { readonly ids: readonly TaskId[]; readonly into: string }): void;
  };
  readonly ownStore: {
    keepResult(kept: KeptResult): void;
    dropResult(place: { readonly store: number; readonly n: number; readonly fence: number }): void;
    keptResults(page: {
      readonly after: { readonly store: number; readonly n: number };
      readonly limit: number;
    }): readonly KeptResult[];
  };
}

type StoreVerbs = TasksShape['store'];

/** Starts one operation of the store. @param then Called with what became of it. */
export type AskStore = <V extends keyof StoreVerbs & string>(
  verb: V,
  input: Parameters<StoreVerbs[V]>[0],
  then: (completion: StoreCompletion<StoreVerbs>) => void,
) => void;
