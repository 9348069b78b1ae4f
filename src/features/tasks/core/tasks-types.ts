/** What the core of tasks, its program and its store speak of. `tasks-shape.ts` has what each asks of the others. */
import type { Failure } from '../../../kernel/errors.ts';
import type { Capacity, Offered, Requirements } from './requirements.ts';

/** 32 hexadecimal digits, drawn by the author: the same in every store. */
export type TaskId = string;

export const taskIdPattern = /^[0-9a-f]{32}$/;

/**
 * `waiting`: for a time, or for other tasks. `queued`: for a worker. `offered`: a worker is asked at this moment (the
 * store knows such a task as queued). `assigned`: it is in the queue of a worker. `running`. `cancelling`: it was
 * cancelled, and its worker has not said yet that it has ended. `done`, `failed`, `cancelled`, `expired`, `lost` are
 * final. `lost`: its worker died, it may have run, and no attempt is left.
 */
export type TaskState =
  | 'waiting'
  | 'queued'
  | 'offered'
  | 'assigned'
  | 'running'
  | 'cancelling'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'expired'
  | 'lost';

/** Their order is on the wire and in stores. */
export const taskStates: readonly TaskState[] = [
  ...(['waiting', 'queued', 'offered', 'assigned', 'running', 'cancelling'] as const),
  ...(['done', 'failed', 'cancelled', 'expired', 'lost'] as const),
];

const finalStates: ReadonlySet<TaskState> = new Set(['done', 'failed', 'cancelled', 'expired', 'lost']);

export function isFinal(state: TaskState): boolean {
  return finalStates.has(state);
}

/** 1: to the front of the queue, 2: to its middle, 3: to its end. */
export type Priority = 1 | 2 | 3;

/** A value as it travels. */
export interface Encoded {
  readonly encoding: number;
  readonly body: Uint8Array;
}

/** Of what has none. */
export const noResult: Encoded = { encoding: 0, body: new Uint8Array(0) };

/** What a program orders. */
export interface Order {
  readonly id: TaskId;
  /** Empty: a task of several parts, which others of the same message name as their `parent`. */
  readonly service: string;
  readonly input: Encoded;
  readonly needs: Requirements;
  readonly priority: Priority;
  /** It is not run before so long; 0: at once. A duration, since the broker's clock is another one. */
  readonly delayMs: number;
  /** It ends by then, one way or another; 0: it has the time that it needs. */
  readonly deadlineMs: number;
  /** Of one attempt; 0: it has the time that it needs. */
  readonly timeoutMs: number;
  /** How often it may be begun; 0: as the service says. */
  readonly attempts: number;
  /** Its service says, where it was ordered, that to run it twice does no harm. */
  readonly isIdempotent: boolean;
  /** Empty: none. */
  readonly key: string;
  /** Of all that makes it another task: tells whether a key is used for the same one again. */
  readonly digest: string;
  /** It waits until these are done, each once. */
  readonly after: readonly TaskId[];
  /** Its end goes into the mailbox of its author, as a letter. */
  readonly isLetter: boolean;
  /** It waits also where no worker that was ever here could run it. */
  readonly mayWaitForWorkers: boolean;
  /** The task that it is a part of; empty: none. */
  readonly parent: TaskId;
  /** Which part it is, from 0. Of a task of several parts: how many there are. */
  readonly part: number;
  /** The task that it repeats, as a new one; empty: none. */
  readonly retryOf: TaskId;
}

/** What is put into the store of one order. */
export interface NewTask extends Omit<Order, 'delayMs' | 'deadlineMs' | 'mayWaitForWorkers'> {
  /** Its place in the queue once it is queued: lower ones come first. */
  readonly rank: number;
  /** Unix milliseconds of the store's time. 0: at once. */
  readonly notBefore: number;
  /** The same; 0: none. */
  readonly deadline: number;
}

/** A change of places in the queue. */
export interface Ranked {
  readonly n: number;
  readonly rank: number;
}

/** What became of an order. Where one is not `stored` or `repeat` none of its message is in the store. */
export type OrderOutcome =
  | { readonly type: 'stored'; readonly head: TaskHead }
  /** It is there already, under the same id or key. */
  | { readonly type: 'repeat'; readonly id: TaskId; readonly n: number }
  /** The key was used for another task. */
  | { readonly type: 'other'; readonly id: TaskId }
  /** Of what it names as `after` or `retryOf` one is unknown, has ended otherwise than done, or is not final. */
  | { readonly type: 'unfit'; readonly id: TaskId; readonly state: TaskState | 'unknown' }
  /** It could have been stored, and another one of its message could not. */
  | { readonly type: 'together' };

/** What the broker has in memory of a task that has not ended: all but its input and its result. */
export interface TaskHead {
  /** Its place in the store: later tasks have higher ones. */
  readonly n: number;
  readonly id: TaskId;
  readonly author: string;
  readonly service: string;
  readonly needs: Requirements;
  readonly priority: Priority;
  readonly state: TaskState;
  readonly rank: number;
  readonly inputBytes: number;
  /** Unix milliseconds, by the clock of the broker that has stored it. */
  readonly orderedAt: number;
  /** Of the store's time; 0: none. */
  readonly notBefore: number;
  readonly deadline: number;
  readonly timeoutMs: number;
  /** How often it may be begun; 0: as the service says, which is known when a worker takes it. */
  readonly attempts: number;
  readonly isIdempotent: boolean;
  /** How often it was claimed, without what was given back. */
  readonly attempt: number;
  /** Of the last claim; 0: none yet. */
  readonly fence: number;
  /** Who has claimed it; empty: nobody has. */
  readonly worker: string;
  /** The incarnation of that node. */
  readonly workerLife: number;
  /** Tasks that it waits for and that are not done. */
  readonly blockers: number;
  /** Why it cannot be done any more: one that it waits for, or that it is a part of, has ended. Empty: it can. */
  readonly doom: string;
  /** The place of the task that it is a part of; 0: of none. */
  readonly parent: number;
  /** Which part it is, from 0. Of a task of several parts: how many there are. */
  readonly part: number;
  /** Of a task of several parts, those that have not ended; of others 0. */
  readonly partsLeft: number;
  /** When it came to be as it is: Unix milliseconds. */
  readonly since: number;
  /** Why it is so; empty: nothing is said. */
  readonly reason: string;
}

/** What an operation has made of a task. */
export interface Change {
  readonly head: TaskHead;
  /** Places of tasks that wait for this one or are its parts, and that can go on or cannot be done any more by it. */
  readonly affected: readonly TaskHead[];
  /** Of all these, those that have ended and whose letters are not sent. Absent: none. */
  readonly owed?: readonly OwedLetter[];
}

/** Among tasks whose letters are not sent: they are in the order of their ends. */
export interface OwedPlace {
  /** Unix milliseconds. */
  readonly endedAt: number;
  readonly n: number;
}

/** The end of a task that is to go into the mailbox of its author, and has not yet. */
export interface OwedLetter extends OwedPlace {
  readonly id: TaskId;
  readonly author: string;
  readonly service: string;
  readonly state: TaskState;
  readonly reason: string;
  readonly resultBytes: number;
}

/** A part of a task, as somebody sees who asks for the whole. */
export interface PartStatus {
  readonly id: string;
  readonly service: string;
  readonly state: TaskState;
}

/** A task in a list: what of it may be long is left out, so that a page is one answer. */
export type ListedStatus = Omit<TaskStatus, 'needs' | 'after' | 'parts'>;

/** A task as somebody sees who asks for it. */
export interface TaskStatus {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly n: number;
  /** Name of its author. */
  readonly from: string;
  readonly service: string;
  readonly state: TaskState;
  readonly priority: Priority;
  readonly needs: Requirements;
  /** Unix milliseconds, by the clock of the broker of that time. */
  readonly orderedAt: number;
  /** When its last attempt was begun, and when it has ended. 0: not yet. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly notBefore: number;
  readonly deadline: number;
  readonly attempt: number;
  readonly attempts: number;
  readonly fence: number;
  /** Who runs it, or was the last to. Empty: nobody. */
  readonly worker: string;
  readonly reason: string;
  /** Ids. */
  readonly after: readonly string[];
  /** In order. */
  readonly parts: readonly PartStatus[];
  /** Id of the task that it is a part of, and of the one that it repeats; empty: none. */
  readonly parent: string;
  readonly retryOf: string;
  readonly inputBytes: number;
  readonly resultBytes: number;
}

export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly service?: string;
  readonly author?: string;
  readonly worker?: string;
  /** Ordered at or after, and before: Unix milliseconds. */
  readonly since?: number;
  readonly until?: number;
}

export interface TaskPageRequest {
  readonly filter: TaskFilter;
  /** Only tasks after this place in the store. */
  readonly after: number;
  readonly limit: number;
}

/** The page may hold few tasks or none although there are more: what is looked at for it is limited. */
export interface TaskPage {
  readonly tasks: readonly ListedStatus[];
  /** The next page goes on after this place. */
  readonly place: number;
  readonly isMore: boolean;
}

/** A worker that a task was offered to, and what it has said. */
export interface OfferNote {
  readonly worker: string;
  /** Empty: it takes it. */
  readonly declined: string;
}

export interface Claim {
  readonly n: number;
  /** A place that was foretold may have come to another task. */
  readonly id: TaskId;
  readonly worker: string;
  readonly life: number;
  /** How often it may be begun, and whether twice does no harm, as its worker says: of tasks that leave that to it. */
  readonly attempts: number;
  readonly isIdempotent: boolean;
  /** For the log, in order; the last one is that of the worker. */
  readonly offers: readonly OfferNote[];
}

/**
 * Null: the task is not queued any more, and nothing was done. `whole`: what it is a part of, which runs from the first
 * claim of a part on; null: it did already, or the task is a part of none.
 */
export type Claimed = {
  readonly head: TaskHead;
  readonly input: Encoded;
  readonly whole: TaskHead | null;
} | null;

/** How an attempt has ended. */
export interface Ending {
  readonly n: number;
  readonly fence: number;
  /**
   * `done`: with a result. `failed`: it threw. `stopped`: it was cancelled and has ended. `given-back`: it was not begun,
   * or its worker is leaving: the attempt does not count. `died`: its worker is gone, or its lease is over.
   */
  readonly outcome: 'done' | 'failed' | 'stopped' | 'given-back' | 'died';
  /** Of `done`; of others an empty one. */
  readonly result: Encoded;
  readonly reason: string;
  /** Where it is to be tried again: not before this, in the store's time. And its place once it is queued again. */
  readonly retryAt: number;
  readonly rank: number;
  /** No further attempt, although some are left. */
  readonly isFinal: boolean;
  /** How long it was at work, where that it had begun was not said before. Absent: it was said, or it had not begun. */
  readonly ranMs?: number;
}

/**
 * `known`: the same worker has said it before, and has not heard that it was stored. `stale`: the claim is not the last
 * one, or the task is final: nothing was done but for the log.
 */
export type Ended =
  | { readonly type: 'ended'; readonly change: Change }
  | { readonly type: 'known' | 'stale'; readonly n: number };

/** What a cancel has come to. */
export type Cancelled =
  | { readonly type: 'unknown' }
  /** It was never begun, or not again, and will not be; or it is of several parts, which are to be cancelled. */
  | { readonly type: 'cancelled'; readonly change: Change }
  /** Its worker is to be asked to stop. */
  | { readonly type: 'cancelling'; readonly head: TaskHead }
  /** It had ended. */
  | { readonly type: 'too-late'; readonly state: TaskState };

/** What happens by the broker's own doing: for the log and the times. */
export interface ByBroker {
  /** Unix milliseconds. */
  readonly now: number;
  /** The broker. */
  readonly via: string;
}

/** What somebody has asked for. */
export interface ByPerson {
  /** Unix milliseconds. */
  readonly now: number;
  /** Who has asked for it, and the broker. */
  readonly trace: readonly string[];
}

/** A worker as the swarm remembers it. */
export interface SeenWorker {
  readonly name: string;
  readonly services: readonly Offered[];
  readonly capacity: Capacity;
  /** Milliseconds that its loop may stand still: its lease follows from that. */
  readonly stallToleranceMs: number;
  /** Unix milliseconds. */
  readonly at: number;
}

/** How long a task of a service has waited and run. */
export interface Duration {
  readonly waitedMs: number;
  readonly ranMs: number;
}

/** A result that its worker could not hand in. */
export interface KeptResult {
  /** The store that the task is in: first 48 bits of its id. */
  readonly store: number;
  readonly n: number;
  readonly id: TaskId;
  readonly fence: number;
  readonly ending: Ending;
}

/** A task of another store, where two are merged: as it is there, by the times of the store that takes it. */
export interface MovedTask {
  /** `n` and `parent` are places in the other store. */
  readonly head: TaskHead;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly letter: 'none' | 'wanted' | 'owed' | 'sent';
  readonly resultBytes: number;
  readonly keptUntil: number;
  readonly key: string;
  readonly digest: string;
  readonly after: readonly TaskId[];
  readonly retryOf: TaskId;
  readonly attemptsOrdered: number;
  /** Id of the task that it is a part of; empty: of none. */
  readonly parent: TaskId;
  /** Of `after`, those that have not ended there. */
  readonly blockedBy: readonly TaskId[];
  /** Null: dropped, or none. */
  readonly input: Encoded | null;
  readonly result: Encoded | null;
}

/** `known`: it is there already. `other`: its id or key is another task's there. `missing`: what it needs is not there. */
export type TakeOutcome =
  | { readonly type: 'taken' | 'known' }
  | { readonly type: 'other' | 'missing'; readonly id: TaskId };

/** What became of an order, as its author hears it. */
export type Ordered =
  | { readonly ok: true; readonly id: TaskId; readonly isRepeat: boolean }
  | { readonly ok: false; readonly failure: Failure };
