/** What the core of letters, its program and its store say to each other. */
import type { Shape, StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { Selection } from './selection.ts';

/** 32 hexadecimal digits, drawn by the author: the same in every outbox and store. */
type LetterId = string;

export const letterIdPattern = /^[0-9a-f]{32}$/;

/** What a program wants to have sent. */
export interface Draft {
  /** Undefined: to all that the swarm has ever seen, but its author. */
  readonly recipients: readonly string[] | undefined;
  readonly type: string;
  readonly encoding: number;
  readonly body: Uint8Array;
  /** Unix milliseconds by the author's clock: not delivered before. 0: at once. */
  readonly notBefore: number;
  readonly expiresMs: number;
  /** Empty: none. */
  readonly key: string;
  /** Of recipients, type and body: tells whether a key is used for the same letter again. */
  readonly digest: string;
  /** Recipients may be unknown to the swarm. */
  readonly allowsUnknown: boolean;
  /** 2: its author keeps it as well, until it has ended. */
  readonly copies: number;
}

/** A letter on its way to the store. */
export interface Letter extends Omit<Draft, 'notBefore' | 'copies'> {
  readonly id: LetterId;
  /** Not delivered for so long: the broker's clock is another one. */
  readonly delayMs: number;
  /** Unix milliseconds, by the author's clock. */
  readonly sentAt: number;
}

/** A letter in its author's outbox. */
export interface OutboxLetter extends Letter {
  /** The order in which they were sent. */
  readonly place: number;
  /** 2: it is kept until it has ended. */
  readonly copies: number;
  /** Id of the store that has it; empty: none. Or how it has ended, which its author is to hear before it is taken out. */
  readonly storedIn: string | OutboxEnd;
}

/** How a letter can end in the outbox. */
export type OutboxEnd = 'refused' | 'expired';

/** What became of a letter that was to be stored. */
export type Stored =
  | {
      readonly ok: true;
      readonly id: LetterId;
      /** Its place in the store: letters of one store have rising ones. */
      readonly n: number;
      /** It was there already, under the same id or key. */
      readonly isRepeat: boolean;
      /** Its author has it on its own disk. */
      readonly isInOutbox?: boolean;
    }
  | { readonly ok: false; readonly failure: Failure };

/** A letter as it is handed to a recipient. */
export interface Delivery {
  readonly n: number;
  readonly id: LetterId;
  readonly author: string;
  readonly recipients: readonly string[];
  readonly type: string;
  readonly sentAt: number;
  /** From 1. */
  readonly attempt: number;
  readonly encoding: number;
  readonly body: Uint8Array;
  /** The broker that has stored it. */
  readonly via: string;
}

/** What a recipient says of a letter. */
export type Settlement =
  | { readonly outcome: 'handled' }
  | { readonly outcome: 'again'; readonly delayMs: number; readonly reason: string }
  | { readonly outcome: 'failed' | 'refused'; readonly reason: string };

/** How a letter stands with one of its recipients. */
export type RecipientState = 'stored' | 'delivered' | 'failed' | 'expired' | 'refused' | 'removed';

/** Their order is on the wire. */
export const recipientStates: readonly RecipientState[] = [
  'stored',
  'delivered',
  'failed',
  'expired',
  'refused',
  'removed',
];

/** A letter has ended for one recipient, otherwise than by delivery. */
export interface Undelivered {
  readonly id: LetterId;
  readonly author: string;
  readonly recipient: string;
  readonly state: RecipientState;
  readonly reason: string;
}

/** A report of one store. */
export interface ReportPlace {
  readonly store: number;
  readonly report: number;
}

/** Of a letter of this node. */
export interface OwnUndelivered extends Undelivered {
  /** The store keeps it until the program has heard of it. Undefined: it is known here alone. */
  readonly place?: ReportPlace;
}

/** An end that the store keeps until its author has heard of it. */
export interface LetterReport extends Undelivered {
  /** Rises with each one of a store: an author hears of them in this order, and once. */
  readonly report: number;
}

/** The oldest that an author has not heard of. */
export interface Unheard {
  readonly reports: readonly LetterReport[];
  /** How many were dropped before them, since too many waited. */
  readonly dropped: number;
}

/** What is known of one recipient of a letter. */
export interface RecipientStatus {
  /** Name of the recipient; `*`: all, of a letter to everybody that the swarm does not have yet. */
  readonly name: string;
  /**
   * `outbox`: the swarm does not have it yet, but its author's disk. `stored`: it waits, or is in hand. `delivered`: handled. `failed`: kept for a retry by hand. `expired`, `refused`,
   * `removed`: it has ended.
   */
  readonly state: RecipientState | 'outbox';
  /** So often it was handed to the recipient and came back, or was settled. */
  readonly attempts: number;
  /** Of a stored one that waits for it: Unix milliseconds. */
  readonly due?: number;
  /** When it was settled: Unix milliseconds. */
  readonly at?: number;
  /** What the recipient said last. */
  readonly reason?: string;
}

/** What is known of a letter. */
export interface LetterStatus {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Its place in the store: later letters have higher ones. 0: it is in the outbox of its author, or has ended there. */
  readonly n: number;
  /** Name of its author. */
  readonly from: string;
  /** What it is called. */
  readonly type: string;
  /** Unix milliseconds, by its author's clock. */
  readonly sentAt: number;
  /** Of its body. */
  readonly bytes: number;
  /** Each recipient, in the order in which they were named. */
  readonly recipients: readonly RecipientStatus[];
}

export interface ListRequest {
  /** Only letters of this author. */
  readonly from?: string;
  /** Only letters to this recipient. */
  readonly to?: string;
  readonly state?: RecipientState;
  /** Only letters after this place in the store. */
  readonly after: number;
  readonly limit: number;
}

/** A copy that has failed: it waits for nobody, and is kept for a retry by hand. */
export interface FailedCopy {
  readonly recipient: string;
  readonly attempts: number;
  readonly expiresAt: number;
  readonly reason: string;
}

/** What is put into the store of one letter. */
export interface StoredLetter extends Omit<Letter, 'recipients' | 'delayMs' | 'expiresMs' | 'allowsUnknown'> {
  readonly author: string;
  readonly recipients: readonly string[];
  /** Unix milliseconds by the broker's clock. 0: at once. */
  readonly notBefore: number;
  readonly expiresAt: number;
  readonly via: string;
  /** Of the recipients those for whom it has failed, of a letter that another store had. */
  readonly failed?: readonly FailedCopy[];
}

/**
 * A put that must be in the store before another one: each of its letters, at places that follow each other. Where they
 * do not some were refused, or are in the store by another put.
 */
export interface Before {
  readonly first: LetterId;
  readonly last: LetterId;
  readonly count: number;
}

export interface NextRequest {
  readonly recipient: string;
  /** Unix milliseconds: what waits until then is handed out, and what has expired by then is not. */
  readonly time: number;
  /** Of letters that wait for no time: the last one that was read. */
  readonly after: number;
  /** Of letters that wait for their time: the last one that was read. */
  readonly afterDue: { readonly due: number; readonly n: number };
  readonly letters: number;
  readonly bytes: number;
  /** How large the first one may be: nothing is read where it is larger. */
  readonly firstBytes: number;
}

/** A letter of one recipient that has not ended, by when it expires. */
export interface ExpiringCopy {
  readonly expiresAt: number;
  readonly n: number;
  readonly recipient: string;
}

export interface NextLetters {
  readonly fresh: readonly Delivery[];
  readonly due: readonly (Delivery & { readonly due: number })[];
  /** There may be more that wait for no time. */
  readonly isMore: boolean;
  /** When the time of the next one comes, or has come, after the last of `due`. 0: none waits for it. */
  readonly nextDue: number;
}

export interface SettleItem {
  readonly n: number;
  /** Of which this is said: `again` and `failed` of an earlier one change nothing. */
  readonly attempt: number;
  readonly outcome: Settlement['outcome'];
  /** Of `again`: Unix milliseconds, and how long that is from now. */
  readonly due: number;
  readonly waitMs: number;
  readonly reason: string;
}

export type PutOutcome =
  | { readonly type: 'stored'; readonly n: number }
  | { readonly type: 'repeat'; readonly id: LetterId; readonly n: number }
  /** The key was used for another letter. */
  | { readonly type: 'other'; readonly id: LetterId }
  /** Of these recipients the mailbox is full. */
  | { readonly type: 'full'; readonly recipients: readonly string[] };

export type LettersEvent =
  | {
      readonly type: 'stored';
      readonly outcomes: readonly { readonly handle: unknown; readonly stored: Stored }[];
    }
  | {
      readonly type: 'letters';
      /** Whose places the letters have. */
      readonly store: number;
      readonly deliveries: readonly Delivery[];
    }
  /** These are in the outbox no more. */
  | { readonly type: 'sent-on'; readonly ids: readonly string[] }
  | { readonly type: 'undelivered'; readonly letters: readonly OwnUndelivered[] }
  /** All that the program has said of letters is in the store. */
  | { readonly type: 'confirmed' };

/** What a program that handles letters wants to be handed. */
export interface Window {
  /** At most this number that it has not settled. */
  readonly letters: number;
  readonly bytes: number;
  readonly selection: Selection;
}

export interface LettersShape extends Shape {
  readonly commands: {
    open(window: Window): void;
    ask(question: { readonly verb: string; readonly input: unknown }): string;
    /** The program listens to what becomes of this node's letters, and did not before. */
    listen(): void;
  };
  readonly event: LettersEvent;
  readonly store: {
    /** Null: what was to be there before them is not, and nothing was done. */
    put(input: {
      readonly now: number;
      /** Unix milliseconds of the time by which letters wait and expire. */
      readonly time: number;
      readonly before: Before | null;
      readonly letters: readonly StoredLetter[];
    }): readonly PutOutcome[] | null;
    /** The places of letters that are there, 0 for the others. */
    known(ids: readonly string[]): readonly number[];
    next(request: NextRequest): NextLetters;
    settle(input: {
      readonly recipient: string;
      readonly now: number;
      /** Letters expire by it; it differs from `now` where a clock was set. */
      readonly time: number;
      /** The broker, for the log; so it is below. */
      readonly via: string;
      readonly items: readonly SettleItem[];
      /** They wait in another store from now on: that is no end that their authors hear of. */
      readonly isMoved?: boolean;
    }): readonly Undelivered[];
    /** Were in hand of an incarnation that has ended. */
    returned(input: { readonly recipient: string; readonly ns: readonly number[] }): void;
    /** Copies that have expired, and failed ones that were kept long enough, in order, after that place. */
    expiring(input: {
      readonly time: number;
      readonly after: ExpiringCopy;
      readonly limit: number;
    }): readonly ExpiringCopy[];
    /** Ends those of `copies` that have expired, and forgets letters that ended long ago, `limit` of these at most. */
    sweep(input: {
      readonly now: number;
      readonly time: number;
      readonly via: string;
      readonly copies: readonly ExpiringCopy[];
      readonly limit: number;
    }): {
      readonly expired: readonly Undelivered[];
      /** There is more to forget. */
      readonly isMore: boolean;
    };
    /** What an author has not heard of, the oldest first. */
    unheard(input: { readonly author: string; readonly limit: number }): Unheard;
    /** An author has heard of all reports up to this one, and that this number was dropped. */
    heard(input: { readonly author: string; readonly report: number; readonly dropped: number }): void;
    /** The clock was set back, or this broker's is behind that of the one before: nobody waits longer than was said. */
    clockBack(time: number): void;
    status(id: LetterId): LetterStatus | null;
    list(request: ListRequest): readonly LetterStatus[];
    retry(input: {
      readonly id: LetterId;
      readonly now: number;
      readonly time: number;
      readonly expiresAt: number;
      /** Who asks, and the broker. */
      readonly trace: readonly string[];
    }): readonly string[];
    remove(input: { readonly id: LetterId; readonly now: number; readonly trace: readonly string[] }): {
      /** Those who had not settled it. */
      readonly recipients: readonly string[];
      /** What its author hears of, where it has not asked for it itself. */
      readonly undelivered: readonly Undelivered[];
    };
    body(id: LetterId): { readonly encoding: number; readonly body: Uint8Array } | null;
    /** Which of these have ended for all their recipients, or are not known. */
    ended(ids: readonly LetterId[]): readonly LetterId[];
  };
  readonly ownStore: {
    /** What is where the outbox is, or would be: of every store. */
    look(how: 'closed'): { readonly id: unknown };
    keep(letters: readonly OutboxLetter[]): void;
    stored(input: { readonly ids: readonly LetterId[]; readonly store: string }): void;
    drop(ids: readonly LetterId[]): void;
    load(request: {
      /** A place. */
      readonly after: number;
      readonly letters: number;
      /** Of bodies, but for the first. */
      readonly bytes: number;
      /** Without those that this store has. */
      readonly notIn?: string;
    }): readonly OutboxLetter[];
  };
}

type StoreVerbs = LettersShape['store'];

/** Starts one operation of the store. @param then Called with what became of it. */
export type AskStore = <V extends keyof StoreVerbs & string>(
  verb: V,
  input: Parameters<StoreVerbs[V]>[0],
  then: (completion: StoreCompletion<StoreVerbs>) => void,
) => void;
