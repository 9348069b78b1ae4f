/**
 * What the cores of the swarm's features use: who the broker is, whether it can write, and questions to it.
 *
 * Implemented by the swarm's behavior. Invariant: everything happens in a turn of the kernel; followers and answerers
 * are called within the turn of what they learn.
 */
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { NamedSender } from '../../../kernel/lines/following-lines.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';

/** Whether this node writes the swarm's store. */
export type Office =
  /** Another node is the broker, or nobody. */
  | { readonly state: 'elsewhere' }
  /** This node is the broker, and nobody has used its store yet. */
  | { readonly state: 'unused' }
  | { readonly state: 'opening' }
  | {
      readonly state: 'open';
      /** First 48 bits of the store's id: tells places in it from those in others. */
      readonly store: number;
    }
  /** It cannot be written; it is tried again. */
  | { readonly state: 'failed'; readonly failure: Failure };

export interface SwarmFollower {
  /**
   * The broker is another one, or another epoch of the same: what it was sent and has not answered is sent again. Or
   * there is none, for another reason than before.
   */
  brokerChanged?(): void;
  /** `home` has changed, or has become known. */
  homeChanged?(): void;
  /** `office` has changed. */
  officeChanged?(): void;
  /** As the broker: what was refused to a node of this name may be done, since it is its name after all. */
  admitted?(name: string): void;
  /** As the broker: the log of the store may have more events than before. */
  logged?(): void;
}

/** Who asks: an incarnation of a node, and its name as it announces it. */
export interface Questioner extends LineEnd {
  readonly name: string;
}

/** Who says something to the broker over a line. */
export type Member = NamedSender;

export interface Answer {
  /** @param json Text that the questioner is given as it is. */
  answer(json: string): void;
  fail(failure: Failure): void;
}

/** What happens in the swarm, for its log. It is written within a second, or once somebody uses the store. */
export interface SwarmChronicle {
  /** As the broker: something has happened that belongs into the log. Another node than the broker notes nothing. */
  noted(event: LogEvent): void;
  /** The same of what a member can cause as often as it likes: once a minute, then how often. @param kind What is counted together. */
  notedOften(kind: string, event: LogEvent): void;
  /** As the broker: is called when the log has begun with who is here; what is noted then follows that. */
  onBegan(began: () => void): void;
}

/** A letter that the broker puts into a mailbox for another feature. Its author and its recipient are one node. */
export interface Parcel {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Name of the node whose mailbox it is. */
  readonly owner: string;
  readonly type: string;
  /** Unix milliseconds. */
  readonly sentAt: number;
  readonly encoding: number;
  readonly body: Uint8Array;
}

/**
 * As the broker with an open store. @param then Called once it is decided, unless this node is not the broker any more by then.
 * Undefined: the mailbox has it for good; it has one letter of that id, however often it is put. SKEIN_INVALID: it has another
 * one. After any other failure it may be put again.
 */
export type Deposit = (parcel: Parcel, then: (problem: Failure | undefined) => void) => void;

export interface SwarmCore {
  readonly chronicle: SwarmChronicle;
  /**
   * Who keeps the swarm: the formation's broker, or the node that it names since that one has the swarm's store. It may be
   * this node. Undefined: nobody is known.
   */
  readonly broker: { readonly node: NodeId; readonly name: string; readonly epoch: number } | undefined;
  /** Nobody here can keep the swarm, for this reason. */
  readonly problem: Failure | undefined;
  /** Id of the store in which the swarm is kept, as far as it is known. */
  readonly home: string | undefined;
  readonly office: Office;
  /** As the broker: Unix milliseconds by which what is in the store expires. Goes on where a clock is set. */
  readonly time: number;
  follow(follower: SwarmFollower): void;
  /** The program wants something of the swarm: the node joins the formation of its user, where it is in none. */
  want(): void;
  /** As the broker: somebody wants something of the store, which is opened and claimed where it is not yet. */
  use(): void;
  /** An operation on the store has failed: it may be another broker's by now. */
  operationFailed(failure: Failure): void;
  /**
   * As the broker with an open store: whether that node may act in its name. @param act Called at once, or once its proof
   * has come or is late; what one node says keeps its order.
   */
  admit(from: Questioner, act: (refusal: Failure | undefined) => void): void;
  /** An operation that may have appended to the log of the store is durable. */
  logged(): void;
  /** As the broker with an open store: whether a node of that name was ever here. */
  hasSeen(name: string): boolean;
  /** All of them. */
  namesSeen(): Iterable<string>;
  /** The id of a node that can be reached. */
  idOf(name: string): NodeId | undefined;
  /** Asks the broker; the answer is JSON of its making. */
  ask(verb: string, input: unknown, reply: Answer): void;
  /**
   * Is called each time that something about these topics may have changed at the broker, and at each change of the
   * broker. Topics hold no spaces. The returned function ends it. @throws SkeinError SKEIN_BUSY
   */
  watch(topics: readonly string[], changed: () => void): () => void;
  /** As the broker: something about this topic has changed, and is in the store. */
  touched(topic: string): void;
  /** Puts a letter into a mailbox. Undefined: this node has no letters. */
  readonly deposit: Deposit | undefined;
  /** How letters are put into a mailbox. */
  depositBy(deposit: Deposit): void;
  /** As the broker: how questions of this verb are answered. The input is JSON of the questioner's making. */
  answerBy(verb: string, answerer: (from: Questioner, input: unknown, reply: Answer) => void): void;
}
