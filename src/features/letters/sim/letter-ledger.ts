/**
 * Every letter of a run: who sent it, what was reported to its author, who handled it and how often.
 *
 * Who calls it: the letter workload. It stands outside the nodes and judges at once: no letter that nobody sent, none in
 * two hands of one program, none again for a program that has handled it, none out of order; and at the end: whatever
 * was stored has ended for each recipient as was reported to its author. Invariant: it only records and complains.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { Disk } from '../../../sim/world/machine/disk.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { Machines } from '../../swarm/sim/machines.ts';
import type { Letter, LetterStatus, SentLetter, UndeliveredLetter } from '../api.ts';
import { letterLimits } from '../core/limits.ts';

/** What a handler does with a letter. */
export type Deed = 'handled' | 'thrown' | 'refused' | 'kept';

/** What became of a letter at one recipient's name. */
interface Receipt {
  /** Some handler was called. */
  wasBegun: boolean;
  /** The life whose handler is at work on it. */
  inHand: Life | undefined;
  /** Lives whose handler has resolved. */
  readonly handledBy: Set<Life>;
  /** The life that has thrown at it the last time, and gets it again. */
  thrownBy: Life | undefined;
  /** How often a handler has thrown, and whether one has refused it. */
  thrown: number;
  wasRefused: boolean;
  isRefused: boolean;
  hasFailed: boolean;
}

export interface LedgerLetter {
  readonly number: number;
  readonly author: Life;
  readonly to: readonly string[];
  readonly hasKey: boolean;
  /** Its author keeps it as well, until it has ended. */
  hasCopy: boolean;
  /** World time. */
  readonly sentAt: number;
  /** Not handed over after others that were sent later. */
  isOrdered: boolean;
  /** It was asked for again: an earlier time may have stored it, in its place or after others. */
  isAgain: boolean;
  /** The id that was reported to its author or to a recipient. */
  id: string | undefined;
  /** How often the store had been full before it was sent. */
  readonly timesFull: number;
  /** The disk on which its author had it when that was reported; undefined: only the swarm's store had it. */
  outbox: Disk | undefined;
  /** The swarm did not have it when that was reported. */
  isOnlyInOutbox: boolean;
  /** `stored`, a code, or undefined until then. */
  outcome: string | undefined;
  readonly receipts: Map<string, Receipt>;
}

/** They say: nothing was stored. */
const certain = new Set([
  ...['SKEIN_UNKNOWN_NODE', 'SKEIN_BUSY', 'SKEIN_STORE_FULL', 'SKEIN_MAILBOX_FULL', 'SKEIN_NAME_PINNED'],
]);
/** Codes that a send may end with; any other is a failure of the run. */
const expected = new Set([...certain, 'SKEIN_TIMEOUT', 'SKEIN_STORE_CLAIMED', 'SKEIN_LOST']);

/** So often a letter is handed over before it has failed. */
export const attemptsMax = 4;
/** What was handled last is settled by then. */
export const settledMs = 2000;
/** Authors of copies have asked once more what has ended: until then links are not at rest. */
export const askedMs = letterLimits.letterCopiesAskMs;
/** Nobody is made to wait for so long. */
const farMs = 60_000;

export class LetterLedger {
  readonly counts: Record<string, number> = {};
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly machines: Machines;
  private readonly letters: LedgerLetter[] = [];
  /** By letter and recipient: the incarnations of its author that know of an end without delivery. */
  private readonly notified = new Map<string, Set<Life>>();
  /** By recipient and author life: the highest number that was handed over first. */
  private readonly firsts = new Map<string, number>();
  private lastOwed: LedgerLetter | undefined;

  constructor(mesh: Mesh, checks: CheckCounts, machines: Machines) {
    this.mesh = mesh;
    this.checks = checks;
    this.machines = machines;
  }

  sent(
    author: Life,
    to: readonly string[],
    how: { hasKey: boolean; hasCopy: boolean; isOrdered: boolean },
  ): LedgerLetter {
    const letter: LedgerLetter = {
      number: this.letters.length,
      author,
      to,
      ...how,
      // The store may refuse it alone, and take it when its author, which has not heard of that, sends it again.
      isOrdered: how.isOrdered && !to.some((name) => this.machines.mayBeUnknown(name)),
      sentAt: this.mesh.world.now,
      isAgain: false,
      id: undefined,
      timesFull: this.machines.timesFullBefore,
      outbox: undefined,
      isOnlyInOutbox: false,
      outcome: undefined,
      receipts: new Map(),
    };
    this.letters.push(letter);
    return letter;
  }

  /** Its outcome is unknown, and its author repeats it. */
  repeated(letter: LedgerLetter): void {
    letter.isAgain = true;
    letter.isOrdered = false;
  }

  /** It has a name that is pinned to another identity: its letters are not for it. */
  isStranger(life: Life): boolean {
    return this.machines.isStranger(life);
  }

  /** Of the disks that there are one has letters: a broker that does not have the swarm's store keeps nothing. */
  checkOneStore(): void {
    const stores = this.machines.withLetters;
    if (this.machines.lostAt === Number.POSITIVE_INFINITY) return;
    if (stores.length === 0) return;
    count(this.checks, 'letters are in one store', 1);
    if (stores.length > 1)
      this.mesh.world.fail(
        `letters are stored on ${stores.length} machines: ${stores.map(({ address }) => address)}`,
      );
  }

  /** Sends that have not ended, of programs that run. */
  get outstanding(): LedgerLetter[] {
    return this.letters.filter(({ outcome, author }) => outcome === undefined && isRunning(author));
  }

  stored(letter: LedgerLetter, { id, where }: SentLetter): void {
    this.named(letter, id);
    letter.hasCopy = where === 'both' || (where === 'outbox' && letter.hasCopy);
    if (where !== 'store') letter.outbox = letter.author.member.host.ownDisk;
    if (where === 'outbox') this.counts['in an outbox'] = (this.counts['in an outbox'] ?? 0) + 1;
    letter.isOnlyInOutbox = where === 'outbox';
    this.end(letter, 'stored');
  }

  failed(letter: LedgerLetter, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    if (code === 'SKEIN_CLOSED' || !isRunning(letter.author) || letter.author.isLeaving)
      return this.end(letter, 'author ended');
    if (!expected.has(code)) this.fail(letter, `ended with ${String(error)}`);
    this.end(letter, code);
    if (this.isCertain(letter) && letter.receipts.size > 0)
      this.fail(letter, `was handed over, and what was reported to its author is ${code}`);
  }

  /** A handler is called. */
  begun(life: Life, number: number, given: Letter): LedgerLetter | undefined {
    const letter = this.letters[number];
    const { name } = life.node;
    if (letter === undefined || !letter.to.includes(name)) {
      this.mesh.world.fail(`${name} was handed what nobody has sent to it: ${number}`);
      return undefined;
    }
    count(this.checks, 'letters for a reason', 1);
    this.named(letter, given.id);
    if (given.from !== letter.author.node.name) this.fail(letter, `was handed over as from ${given.from}`);
    if (this.isCertain(letter))
      this.fail(letter, `is handed to ${name}, and what was reported to its author is ${letter.outcome}`);
    const receipt = this.receiptOf(letter, name);
    // Another store knows nothing of what was done with its copy.
    if (!this.mayBeForgotten(letter)) {
      if (receipt.inHand === life) this.fail(letter, `is in two hands of ${name}`);
      if (receipt.handledBy.has(life)) this.fail(letter, `is handed again to ${name}, which has handled it`);
      if (receipt.isRefused) this.fail(letter, `is handed again to ${name}, which has refused it`);
    }
    if (!receipt.wasBegun && given.attempt === 1 && this.isInOrder(letter)) this.checkOrder(letter, name);
    receipt.wasBegun = true;
    receipt.inHand = life;
    receipt.thrownBy = undefined;
    return letter;
  }

  ended(life: Life, letter: LedgerLetter, deed: Deed): void {
    const receipt = this.receiptOf(letter, life.node.name);
    if (receipt.inHand === life) receipt.inHand = undefined;
    if (!isRunning(life)) return;
    if (deed === 'handled') receipt.handledBy.add(life);
    if (deed === 'thrown') {
      receipt.thrown++;
      receipt.thrownBy = life;
    }
    // With the disk of the store the report of it may be lost.
    if (deed === 'refused' && letter.hasCopy) receipt.wasRefused = true;
    this.counts[deed] = (this.counts[deed] ?? 0) + 1;
  }

  /** Its author, or a later incarnation of that, is notified. */
  undelivered(life: Life, { id, recipient, state }: UndeliveredLetter): void {
    const key = `${id} ${recipient}`;
    const notified = this.notified.get(key) ?? new Set();
    this.notified.set(key, notified);
    const { name } = life.node;
    const letter = this.letters.find((each) => each.id === id);
    if (notified.has(life) && (letter === undefined || !this.mayBeForgotten(letter)))
      this.mesh.world.fail(`${name} was notified twice of letter ${id} to ${recipient}`);
    notified.add(life);
    if (letter === undefined) return;
    if (letter.author.node.name !== name)
      this.fail(letter, `is reported to ${name}, which is not its author`);
    const receipt = this.receiptOf(letter, recipient);
    if (state === 'refused') receipt.isRefused = true;
    else if (state === 'failed') receipt.hasFailed = true;
    else this.fail(letter, `is reported as ${state} for ${recipient}`);
  }

  /** Stored, and not known to have ended for somebody whose program runs; or in hand there, ended or not. */
  get owed(): LedgerLetter[] {
    return this.letters.filter((letter) => this.isOwed(letter));
  }

  /** Asked after each event of the world: what was owed the last time mostly still is. */
  get isAnyOwed(): boolean {
    if (this.lastOwed === undefined || !this.isOwed(this.lastOwed))
      this.lastOwed = this.letters.find((letter) => this.isOwed(letter));
    return this.lastOwed !== undefined;
  }

  private isOwed(letter: LedgerLetter): boolean {
    return this.isKept(letter) && letter.to.some((name) => !this.hasEnded(letter, name) && this.isHere(name));
  }

  /** A letter that is owed has ended in another way: its author was not there to hear of it. */
  looked(letter: LedgerLetter, { recipients }: LetterStatus): void {
    for (const { name, state, due = 0 } of recipients) {
      const receipt = this.receiptOf(letter, name);
      // Its author's clock was set in the moment in which it was sent.
      if (!letter.isOrdered && due > letter.author.platform.wallNow() + farMs) receipt.isRefused = true;
      if (state === 'refused' && receipt.wasBegun) receipt.isRefused = true;
      if (state === 'failed' && receipt.wasBegun) receipt.hasFailed = true;
    }
  }

  /** That are stored. */
  get kept(): readonly LedgerLetter[] {
    return this.letters.filter((letter) => this.isKept(letter));
  }

  private isKept(letter: LedgerLetter): boolean {
    return letter.outcome === 'stored' && !this.isGone(letter);
  }

  /** Where only its author may have it: with that one's disk, or for as long as that is off. */
  private isGone(letter: LedgerLetter): boolean {
    const { outbox, isOnlyInOutbox, hasCopy, author } = letter;
    const { life, host } = author.member;
    const isForgotten = this.mayBeForgotten(letter);
    if (isForgotten && !hasCopy) return true;
    return (isOnlyInOutbox || isForgotten) && (life === undefined || host.ownDisk !== outbox);
  }

  /** A disk was lost since it was sent: the swarm may not know any more that it was stored, nor what became of it. */
  private mayBeForgotten({ sentAt }: LedgerLetter): boolean {
    return sentAt <= this.machines.lostAt;
  }

  /** What the store says of a letter must be what its recipients have done. */
  compare(letter: LedgerLetter, status: LetterStatus | undefined): void {
    if (this.mayBeForgotten(letter)) return;
    count(this.checks, 'the store says what was done', 1);
    for (const name of letter.to) {
      const state = status?.recipients.find((each) => each.name === name)?.state;
      const receipt = letter.receipts.get(name);
      const isTrue =
        state === 'delivered'
          ? (receipt?.handledBy.size ?? 0) > 0
          : state === 'stored'
            ? !this.isHere(name)
            : state === 'refused' || state === 'failed' || this.wasNotTaken(letter, name, status);
      if (!isTrue) this.fail(letter, `is ${state ?? 'unknown'} for ${name} in the store`);
      const isUndelivered = state === 'refused' || state === 'failed';
      if (isUndelivered && !this.notified.has(`${letter.id} ${name}`) && this.isHere(letter.author.node.name))
        this.fail(letter, `is ${state} for ${name}, and no incarnation of its author was notified`);
    }
  }

  /**
   * It was in an outbox, the store never had it, and that was reported there: the name of its author is another one's, or
   * the store had never seen its recipient.
   */
  private wasNotTaken(
    { id, author, isOnlyInOutbox, receipts }: LedgerLetter,
    name: string,
    status: LetterStatus | undefined,
  ): boolean {
    const notified = [...(this.notified.get(`${id} ${name}`) ?? [])];
    const isReported = notified.some((life) => life.member === author.member);
    return status === undefined && isOnlyInOutbox && isReported && receipts.get(name)?.wasBegun !== true;
  }

  private isHere(name: string): boolean {
    return this.mesh.living.some((life) => life.node.name === name && !this.isStranger(life));
  }

  private isCertain(letter: LedgerLetter): boolean {
    return !letter.isAgain && certain.has(letter.outcome ?? '') && !this.mayBeForgotten(letter);
  }

  private hasEnded(letter: LedgerLetter, name: string): boolean {
    const receipt = letter.receipts.get(name);
    if (receipt === undefined || (receipt.inHand !== undefined && isRunning(receipt.inHand))) return false;
    if (this.mayBeForgotten(letter) && (receipt.wasRefused || receipt.thrown >= attemptsMax)) return true;
    if (receipt.isRefused || receipt.hasFailed) return true;
    // One incarnation has handled it, which nobody heard of, and the next one has thrown: it comes again.
    const { thrownBy, handledBy } = receipt;
    return handledBy.size > 0 && (thrownBy === undefined || !isRunning(thrownBy));
  }

  /**
   * What a full store has refused at first, and an outbox has kept, comes after what was accepted meanwhile. It is kept
   * there for a program that has given up waiting as well.
   */
  private isInOrder(letter: LedgerLetter): boolean {
    const { isOrdered, isOnlyInOutbox, outcome, timesFull } = letter;
    if (!isOrdered || this.mayBeForgotten(letter)) return false;
    const mayBeKept = isOnlyInOutbox || outcome === 'SKEIN_TIMEOUT';
    return !mayBeKept || this.machines.timesFull === timesFull;
  }

  private checkOrder(letter: LedgerLetter, name: string): void {
    count(this.checks, 'letters in order', 1);
    const key = `${name} of ${letter.author.member.name} ${letter.author.number}`;
    const last = this.firsts.get(key) ?? -1;
    if (letter.number < last)
      this.fail(letter, `is handed to ${name} after letter ${last}, which was sent later`);
    this.firsts.set(key, Math.max(last, letter.number));
  }

  private named(letter: LedgerLetter, id: string): void {
    if (letter.id !== undefined && letter.id !== id) this.fail(letter, `has two ids, ${letter.id} and ${id}`);
    letter.id = id;
  }

  private receiptOf(letter: LedgerLetter, name: string): Receipt {
    const known = letter.receipts.get(name);
    if (known !== undefined) return known;
    const made: Receipt = {
      wasBegun: false,
      inHand: undefined,
      handledBy: new Set(),
      thrownBy: undefined,
      thrown: 0,
      wasRefused: false,
      isRefused: false,
      hasFailed: false,
    };
    letter.receipts.set(name, made);
    return made;
  }

  private end(letter: LedgerLetter, outcome: string): void {
    letter.outcome = outcome;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  private fail({ number, author }: LedgerLetter, what: string): void {
    this.mesh.world.fail(`letter ${number} of ${author.member.name} ${what}`);
  }
}
