/**
 * What members and the broker say to each other of tasks, over lines. `wire.ts` has the bytes.
 *
 * A task is named by its place in the store, with the tag of that store (first 48 bits of its id), and what is said of an
 * attempt by its fence too. Invariant: nothing that comes twice, late, or of another store or fence changes anything.
 */
import type { Capacity, Offered, Requirements } from './requirements.ts';
import type { Encoded, Ending, Order, Ordered, Priority, TaskId, TaskState } from './tasks-types.ts';

/** One attempt at a task. */
export interface Attempt {
  readonly n: number;
  readonly fence: number;
}

/** What a worker has of the tasks of a store, as it says to a broker that does not know it. */
export interface InHand extends Attempt {
  /** `ended`: its result was said, or is about to be. */
  readonly state: 'assigned' | 'running' | 'ended';
}

/** How a worker is doing: what `worker ls` shows. */
export interface WorkerFigures {
  /** Processor time of all that runs on the machine, in parts of what it has: 0 to 1. Negative: not known. */
  readonly load: number;
  /** Bytes that nobody uses. */
  readonly freeMemory: number;
  /** Since the node has begun. */
  readonly done: number;
  readonly failed: number;
  /** Of the tasks that it has done; 0: none yet. */
  readonly meanMs: number;
}

/** What an ended attempt hands in: as `Ending`, but for what the broker decides. */
export type HandedIn = Pick<Ending, 'n' | 'fence' | 'outcome' | 'result' | 'reason' | 'isFinal' | 'ranMs'>;

export type FromMember =
  | {
      readonly type: 'order';
      /** Of its author's messages: the answer names it. */
      readonly number: number;
      /** All of these are stored, or none. False: each is an order by itself. */
      readonly isTogether: boolean;
      readonly orders: readonly Order[];
    }
  /**
   * What a node works on from now on; one without services works on nothing more. It is said to each broker that is
   * followed, and again where it changes: what was assigned before that and is not in hand is not begun any more.
   */
  | {
      readonly type: 'work';
      /** Rises each time. */
      readonly opening: number;
      readonly services: readonly Offered[];
      readonly capacity: Capacity;
      /** It finishes what it has, and takes nothing new. */
      readonly isDraining: boolean;
      /** Milliseconds that its loop may stand still: its lease is three times as long, where that is more than the usual one. */
      readonly stallToleranceMs: number;
      /** Whose places `inHand` are; 0: it has nothing in hand. */
      readonly store: number;
      readonly inHand: readonly InHand[];
    }
  /** To offers, in any order. Empty reason: it takes the task, and keeps room for it for a while. */
  | {
      readonly type: 'answers';
      readonly store: number;
      readonly answers: readonly { readonly n: number; readonly offer: number; readonly declined: string }[];
    }
  | { readonly type: 'started'; readonly store: number; readonly attempts: readonly Attempt[] }
  | {
      readonly type: 'progress';
      readonly store: number;
      readonly items: readonly (Attempt & { readonly share: number; readonly note: string })[];
    }
  | { readonly type: 'ended'; readonly store: number; readonly items: readonly HandedIn[] }
  /** The worker is alive: its lease begins again at the moment in which it has sent this. */
  | { readonly type: 'renew'; readonly number: number; readonly figures: WorkerFigures }
  /** What becomes of these tasks is to be said to this node from now on, first how they are. */
  | { readonly type: 'follow'; readonly ids: readonly TaskId[] }
  | { readonly type: 'unfollow'; readonly ids: readonly TaskId[] };

export type DrainHow = 'finish' | 'now' | 'off';

export interface TaskOffer {
  readonly n: number;
  /** Tells the answer to this offer from those to earlier ones of the same task. */
  readonly offer: number;
  readonly service: string;
  readonly needs: Requirements;
  readonly priority: Priority;
}

/** A task that this worker has claimed. */
export interface Assignment extends Attempt {
  readonly id: TaskId;
  readonly service: string;
  readonly author: string;
  readonly needs: Requirements;
  readonly priority: Priority;
  /** From 1. */
  readonly attempt: number;
  readonly timeoutMs: number;
  readonly input: Encoded;
}

/** How a task stands, for those that follow it. */
export interface TaskNews {
  readonly id: TaskId;
  readonly state: TaskState | 'unknown';
  readonly attempt: number;
  readonly worker: string;
  readonly reason: string;
  /** 0 to 1; negative: nothing is said. */
  readonly share: number;
  readonly note: string;
  /** It is of several parts: its result is the list of theirs. */
  readonly isWhole: boolean;
  /** Of a task that is done: its result, or that of each part in order. */
  readonly results: readonly Encoded[];
}

export type FromBroker =
  | { readonly type: 'ordered'; readonly number: number; readonly outcomes: readonly Ordered[] }
  | { readonly type: 'offers'; readonly store: number; readonly offers: readonly TaskOffer[] }
  /** The room that was kept for these is free: another worker has them, or nobody. */
  | { readonly type: 'withdrawn'; readonly store: number; readonly ns: readonly number[] }
  | {
      readonly type: 'assigned';
      readonly store: number;
      /** Of the last `work` that the broker has heard. */
      readonly opening: number;
      readonly tasks: readonly Assignment[];
    }
  /** The signal of these is to fire; one that has not begun is not to begin. */
  | {
      readonly type: 'stop';
      readonly store: number;
      readonly items: readonly (Attempt & { readonly reason: string })[];
    }
  /** What was handed in is in the store, or is not accepted: the attempt was not the last one. */
  | {
      readonly type: 'settled';
      readonly store: number;
      readonly items: readonly (Attempt & { readonly isAccepted: boolean })[];
    }
  | { readonly type: 'renewed'; readonly number: number; readonly leaseMs: number }
  /** Somebody wants this worker to finish what it has and take nothing new, to give back what it has, or to go on. */
  | { readonly type: 'drain'; readonly how: DrainHow }
  | { readonly type: 'news'; readonly news: readonly TaskNews[] };
