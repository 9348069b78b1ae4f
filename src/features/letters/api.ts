/**
 * Letters, as a program sees them: messages that are kept until their recipients have handled them.
 *
 * Implemented by a node in this process (`api/facade.ts`) and by an attached one (`api/attached-letters.ts`); a part of
 * every node. Invariant: whatever is here works the same through both.
 */
import type { MessageStream, MessageSubscription, StreamOptions, WaitOptions } from '../../kit/streams.ts';
import type { ConversationView } from '../conversations/api.ts';
import type { LetterStatus, RecipientState } from './core/letters-types.ts';

export type { LetterStatus, RecipientState, RecipientStatus } from './core/letters-types.ts';

/** What letters add to a node. */
export interface LettersNodeApi {
  /** Messages that the swarm keeps until their recipients have handled them. */
  readonly letters: LettersApi;
}

/** Messages that are kept for nodes that are off, and delivered at least once. */
export interface LettersApi {
  /**
   * Stores a letter for one or more nodes; resolves once it is on the broker's disk, or, where the swarm does not take it
   * within 2 s, on this node's own: the result says which. Each recipient is handed it at
   * least once, with the same id each time, when it handles letters. With an `idempotencyKey` a send whose outcome is
   * unknown may be repeated without harm.
   * @throws SkeinError SKEIN_UNKNOWN_NODE: the swarm has never seen a recipient; SKEIN_SELF; SKEIN_MAILBOX_FULL;
   * SKEIN_TOO_LARGE above `letterBytes` of the node, 1 MiB by default; SKEIN_STORE, SKEIN_STORE_FULL, SKEIN_BUSY: nothing was stored; SKEIN_INVALID: the key
   * was used for another letter. SKEIN_TIMEOUT, SKEIN_ABORTED: unknown.
   */
  send<Body = unknown>(
    to: string | readonly string[],
    body: Body,
    options?: LetterOptions,
  ): Promise<SentLetter>;
  /** Stores a letter for every node that the swarm has ever seen, but this one. @throws as `send`. */
  broadcast<Body = unknown>(body: Body, options?: LetterOptions): Promise<SentLetter>;
  /**
   * Stores several letters with one commit; each is stored or refused by itself, and the results come in their order.
   * At most 500. @throws as `send`, when none of them could be tried.
   */
  sendMany(letters: readonly ManyLetter[], options?: WaitOptions): Promise<SentLetterResult[]>;
  /**
   * Calls `handler` for each letter to this node: first those that wait, then those that come. When its promise
   * resolves the letter is settled for good. When it throws, it is called again later, up to `attempts` times; then
   * the letter has failed. A thrown SkeinError SKEIN_REFUSED refuses the letter at once.
   * @throws TypeError for arguments; SkeinError SKEIN_INVALID when this node handles such letters already.
   */
  handle<Body = unknown>(
    handler: (letter: Letter<Body>) => unknown,
    options?: HandleOptions,
  ): MessageSubscription;
  /**
   * Begins a conversation of this node and others, kept by the swarm over restarts of all of them.
   * @throws SkeinError SKEIN_UNKNOWN_NODE: the swarm has never seen one of them; SKEIN_TOO_LARGE above 256 participants;
   * SKEIN_BUSY: this node has begun 1,000 that somebody still takes part in; SKEIN_TIMEOUT without a broker in 10 s.
   */
  converse(names: string | readonly string[], options?: InviteOptions): Promise<Conversation>;
  /** A conversation by its id: to go on with it after a restart, or with one that was begun by another node. */
  conversation(id: string): Conversation;
  /** All conversations that this node takes part in. @throws as `status`. */
  conversations(): Promise<ConversationView[]>;
  /**
   * What is known of a letter; undefined: no such letter, or all of it was settled more than a day ago. Of one that is in
   * this node's outbox each recipient is `outbox`. One that turned out, when it was sent on, to be in the store already
   * under its idempotency key is answered with the id that it has there, as long as this node runs.
   */
  status(id: string): Promise<LetterStatus | undefined>;
  /**
   * How a letter stands: as it does now, then at each change, until it has ended for all its recipients. The broker
   * notifies this node; a reader that is slow gets the latest. Ends at once where there is no such letter.
   * @throws SkeinError SKEIN_BUSY: this node watches 1,024 things already.
   */
  watch(id: string, options?: StreamOptions): MessageStream<LetterStatus>;
  /** Letters in the store, the oldest first; at most 200. Ask again after the last one's `n`. */
  list(filter?: LetterFilter): Promise<LetterStatus[]>;
  /** Letters of this node that the swarm has not taken yet, in the order in which they were sent. */
  outbox(): Promise<WaitingLetter[]>;
  /** The body of a letter that somebody has not settled, or that is in this node's outbox; undefined: there is none. */
  body(id: string): Promise<{ readonly body: unknown } | undefined>;
  /** Delivers a letter that has failed once more. Resolves with the recipients for whom it had. */
  retry(id: string): Promise<readonly string[]>;
  /**
   * Takes a letter away from all who have not settled it. Resolves with these recipients. Where this node is not its author,
   * that one has `letter:undelivered`.
   */
  remove(id: string): Promise<readonly string[]>;
}

/** Some nodes that talk by letters. The same object for the same conversation is not promised; it holds nothing. */
export interface Conversation {
  /** 32 hexadecimal digits. A node that knows it can speak there. */
  readonly id: string;
  /**
   * Stores a letter for all others that take part in it at this moment. A node that did not take part in it does from
   * now on. Repeated under its `idempotencyKey` it is the same letter, to those that took part the first time.
   * @throws as `letters.send`; SkeinError SKEIN_INVALID: there is no such conversation, or nobody else in it.
   */
  say<Body = unknown>(body: Body, options?: SayOptions): Promise<SentLetter>;
  /** Others take part in it from now on. Resolves with all participants. @throws as `converse`; SKEIN_INVALID as `say`. */
  invite(names: string | readonly string[], options?: InviteOptions): Promise<readonly string[]>;
  /** This node takes part in it no more, until it speaks again or is invited. What was said before still comes. */
  leave(): Promise<void>;
  /** Names of the nodes that take part in it, sorted; none once all have left. */
  participants(): Promise<readonly string[]>;
  /** The participants: those of now, then at each change. A reader that is slow gets the latest. Ends with the last. */
  watch(options?: StreamOptions): MessageStream<readonly string[]>;
  /**
   * Calls `handler` for each letter that was or is said in it by others, as `letters.handle` does. Letters of a
   * conversation without a handler wait.
   */
  handle<Body = unknown>(
    handler: (letter: Letter<Body>) => unknown,
    options?: Omit<HandleOptions, 'types' | 'conversations'>,
  ): MessageSubscription;
}

/** Who may be invited. */
export interface InviteOptions {
  /** Nodes that the swarm has never seen may take part. Default false. */
  readonly allowUnknown?: boolean;
}

/** How something is said in a conversation. */
export type SayOptions = Omit<LetterOptions, 'type' | 'allowUnknown'>;

/** What letters add to `node.events`. */
export interface LettersNodeEvents {
  /**
   * A letter of this node has ended for a recipient, and was not handled. What ended while nobody listened, since this node
   * was off or no program was attached to it, is reported once somebody does. Each end is reported to the listeners of one
   * moment: to those of the node, and to attached programs that listen to this event.
   */
  'letter:undelivered': UndeliveredLetter;
}

/** A letter that a recipient will not get. */
export interface UndeliveredLetter {
  /** The letter's id. */
  readonly id: string;
  /** Who it was for; `*`: all, of a letter to everybody that the swarm never took. */
  readonly recipient: string;
  /**
   * `failed`: its handler threw at the last attempt; `expired`; `refused`: by its handler; `removed`: by another node, or
   * its program.
   */
  readonly state: RecipientState;
  /** What the recipient said last, empty where it said nothing; of `removed`, by which node. */
  readonly reason: string;
}

/** What this feature's errors say besides. */
export interface LettersErrorDetails {
  /** The recipients whose mailboxes are full. */
  readonly SKEIN_MAILBOX_FULL: { readonly nodes: readonly string[] } | undefined;
}

/** How a letter is sent. */
export interface LetterOptions extends WaitOptions {
  /** How long to wait until it is stored, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** What the letter is called. Default `letter`. Not `conversation.` and more, which `Conversation.say` uses. */
  readonly type?: string;
  /** The same author and key within a day: the letter that was stored first, and no other. At most 256 bytes. */
  readonly idempotencyKey?: string;
  /** Not delivered before. Default: at once. */
  readonly notBefore?: Date;
  /** A letter that was not handled by then expires, in milliseconds. Default 30 days. */
  readonly expiresMs?: number;
  /** Recipients need not be known to the swarm: the letter waits until a node of that name comes. Default false. */
  readonly allowUnknown?: boolean;
  /**
   * 2: this node keeps the letter on its own disk as well until all recipients are done, and sends it again under the same
   * id where the swarm's store is lost. The result says whether it does (`where`): its disk may fail. Default 1.
   */
  readonly copies?: 1 | 2;
}

/** One of several letters. */
export interface ManyLetter extends Omit<LetterOptions, 'timeoutMs' | 'signal'> {
  /** Names of the recipients. */
  readonly to: string | readonly string[];
  /** What is sent: bytes, or any value that a message can hold. */
  readonly body: unknown;
}

/** A letter that is stored. */
export interface SentLetter {
  /** 32 hexadecimal digits, the same wherever the letter is. */
  readonly id: string;
  /** Its place in the store: later letters have higher ones. 0: it is in the outbox. */
  readonly n: number;
  /** It was stored before, under the same idempotency key. */
  readonly isRepeat: boolean;
  /**
   * `store`: the swarm has it. `outbox`: this node has it on its own disk, and sends it as soon as the swarm can take it;
   * where the swarm refuses it then, or it expires, the event `letter:undelivered` says so. `both`: with `copies: 2`, where
   * both have it; of a repeat it may be `store` although this node has its copy.
   */
  readonly where: 'store' | 'outbox' | 'both';
}

/** A letter in the outbox of its author. */
export interface WaitingLetter {
  /** 32 hexadecimal digits, the same wherever the letter is. */
  readonly id: string;
  /** Names of the recipients; empty: all that the swarm has ever seen. */
  readonly to: readonly string[];
  /** What it is called. */
  readonly type: string;
  /** Unix milliseconds, by this node's clock. */
  readonly sentAt: number;
  /** Of its body. */
  readonly bytes: number;
}

/** What became of one of several letters. */
export type SentLetterResult =
  | ({ readonly ok: true } & SentLetter)
  | { readonly ok: false; readonly code: string; readonly message: string };

/** How letters are handled. */
export interface HandleOptions extends StreamOptions {
  /** Only letters of these types; each type has one handler. Default: all that no other handler of this node takes. */
  readonly types?: readonly string[];
  /**
   * Letters that are said in conversations, where no handler is for that conversation alone. Default false: without
   * `types` and this, letters of conversations wait.
   */
  readonly conversations?: boolean;
  /** Handlers at work at once. Default 16. With 1 all letters are handled one after the other. */
  readonly concurrency?: number;
  /** So often a letter is handed over before it has failed. Default 10. */
  readonly attempts?: number;
  /**
   * The letters of each author one after the other: none is begun before the one before it was handled, or has failed or
   * been refused, so that one that waits for its next attempt delays those behind it. Letters of several authors are
   * still handled at the same time. Attempts that follow each other in one run of the program count as one in the status
   * of the letter. Default false.
   */
  readonly ordered?: boolean;
  /**
   * Ids of handled letters are kept on this node's disk, and one that comes again is settled without the handler. Default
   * false. A crash between the end of the handler and the write of the id (some milliseconds) still brings it again.
   */
  readonly dedup?: boolean;
  /** A handler that has not settled by then has failed this attempt; its result does not count. Default: none. */
  readonly handlerTimeoutMs?: number;
}

/** A letter, as the handler sees it. */
export interface Letter<Body = unknown> {
  /** 32 hexadecimal digits: the same at each attempt. */
  readonly id: string;
  /** What it is called. */
  readonly type: string;
  /** The id of the conversation that it was said in. */
  readonly conversation?: string;
  /** Its author's name. */
  readonly from: string;
  /** Everybody it was sent to, this node among them; of a letter to more than 256 nodes this node alone. */
  readonly to: readonly string[];
  /** What was sent. */
  readonly body: Body;
  /** When it was sent, by its author's clock. */
  readonly timestamp: Date;
  /** From 1. */
  readonly attempt: number;
  /** This node was handed it before. */
  readonly delivered: boolean;
  /** The nodes that it passed: its author, and the broker that stored it. */
  readonly trace: readonly string[];
}

/** Which letters to list. */
export interface LetterFilter {
  /** Only letters of this author. */
  readonly from?: string;
  /** Only letters to this recipient. */
  readonly to?: string;
  /** Only letters that stand so with a recipient. */
  readonly state?: RecipientState;
  /** Only letters after this place. Default 0. */
  readonly after?: number;
}
