/**
 * Letters of this node on their way to the store: gathered into messages, and kept until the broker has answered.
 *
 * Made by the letters behavior. Letters of one turn travel together; while messages are under way what comes is gathered
 * for the next. What the swarm does not take in time is put into the outbox, and sent on from there. Invariant: every letter
 * ends once, and a letter that may be stored already is sent again only under its own id, after all that its author has
 * sent before it.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf } from '../../../kernel/identity.ts';
import { nextBatchLength } from './batch-length.ts';
import { Copies } from './copies.ts';
import { CopyReceipts } from './copy-receipts.ts';
import { FirstReading } from './first-reading.ts';
import { KeptLetters } from './kept-letters.ts';
import { type Leaving, LeavingOutbox } from './leaving-outbox.ts';
import { LetterIds } from './letter-ids.ts';
import { LetterKeys } from './letter-keys.ts';
import type {
  Draft,
  Letter,
  LettersEvent,
  LettersShape,
  OutboxEnd,
  OutboxLetter,
  Stored,
} from './letters-types.ts';
import { letterLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { SentOn } from './sent-on.ts';
import { Unanswered } from './unanswered.ts';
import { inOutbox, type Outcome, outcomesOf, type Waiting } from './waiting-letter.ts';
import { encodePut } from './wire.ts';

interface Batch {
  /** Under which it was sent last: an answer to an earlier time does not count. */
  readonly number: number;
  readonly letters: readonly Waiting[];
  /** Some of it is in the outbox: where that is refused it is sent again, and nothing may overtake it. */
  isKept: boolean;
}

export interface AuthorPorts {
  readonly agent: BehaviorAgent<LettersShape>;
  readonly outbox: Outbox;
  /** Id of the store in which the swarm is kept. */
  home(): string | undefined;
  /** Why nobody can take letters at the moment. */
  problem(): Failure | undefined;
  /** False: there is no broker to send it to. */
  send(message: Uint8Array): boolean;
  deliver(event: LettersEvent): void;
  /** Somebody wants something of the swarm. */
  want(): void;
  /** Which of these have ended for all their recipients. */
  askEnded(ids: readonly string[], then: (ended: readonly string[]) => void): void;
}

/** Messages under way: with fewer what a program sends one by one would not be gathered. */
const batchesUnderWayMax = 4;

export class Author {
  private readonly ports: AuthorPorts;
  private readonly copies: Copies;
  private readonly copyReceipts: CopyReceipts;
  private readonly leaving: LeavingOutbox;
  /** Not sent yet, in order; what was put together travels together. */
  private queue: (readonly Waiting[])[] = [];
  /** Under way, in order. */
  private batches: Batch[] = [];
  /** What of these lies in the outbox. */
  private readonly keptLetters: KeptLetters;
  private readonly reading: FirstReading;
  private readonly ids: LetterIds;
  private readonly keys = new LetterKeys<Waiting>(() => this.ports.agent.now);
  private readonly unanswered: Unanswered;
  private lastNumber = 0;
  private lastPlace = 0;
  private unstored = 0;
  private unstoredBytes = 0;
  /** What an earlier run has left is read: until then nothing overtakes it. */
  private isLoaded = false;

  constructor(ports: AuthorPorts) {
    this.ports = ports;
    const { agent, outbox } = ports;
    this.unanswered = new Unanswered({
      ...ports,
      kept: (letters) => this.answerKept(letters),
      copied: (letters) => this.report(this.copyReceipts.known(letters)),
    });
    this.leaving = new LeavingOutbox(ports);
    this.reading = new FirstReading({ agent, outbox, over: (found) => this.loaded(found) });
    this.ids = new LetterIds((count) => ports.agent.random.bytes(count));
    this.keptLetters = new KeptLetters(ports);
    this.copies = new Copies({
      ...ports,
      now: () => ports.agent.now,
      sendAgain: (letters) => {
        for (const letter of letters) this.queue.push([this.fromOutbox(letter)]);
        ports.agent.flushLater();
      },
    });
    this.copyReceipts = new CopyReceipts(this.copies);
  }

  get unstoredCount(): number {
    return this.unstored;
  }

  get sentOn(): SentOn {
    return this.keptLetters.sentOn;
  }

  started(): void {
    this.reading.begin();
  }

  /** Of one that is in the swarm's store nothing but its id is needed. */
  private foundOne(letter: OutboxLetter): Waiting[] {
    this.lastPlace = Math.max(this.lastPlace, letter.place);
    const { storedIn } = letter;
    if (storedIn === '') return [this.fromOutbox(letter)];
    if (storedIn === 'refused' || storedIn === 'expired') {
      this.leaving.found(
        this.ending(this.keptLetters.found(letter), storedIn, 'as an earlier run of this node heard'),
      );
      return [];
    }
    this.copies.add(letter.id, letter.storedIn);
    return [];
  }

  private loaded(letters: readonly OutboxLetter[] | undefined): void {
    const found = (letters ?? []).flatMap((letter) => this.foundOne(letter));
    this.isLoaded = true;
    if (letters !== undefined) this.unanswered.outboxFound();
    if (found.length > 0 || this.copies.count > 0) this.ports.want();
    // What was sent meanwhile comes after what is older.
    for (const together of this.queue) for (const each of together) each.place = ++this.lastPlace;
    this.queue = [...found.map((one) => [one]), ...this.queue];
    this.ports.agent.flushLater();
  }

  /** @param handles Come back with what became of each letter. @returns why there is no room for them. */
  put(drafts: readonly Draft[], handles: readonly unknown[]): Failure | undefined {
    const { lettersUnstoredMax, lettersUnstoredBytesMax } = letterLimits;
    const bytes = drafts.reduce((sum, { body }) => sum + body.length, this.unstoredBytes);
    const isFull = this.unstored + drafts.length > lettersUnstoredMax || bytes > lettersUnstoredBytesMax;
    if (this.unstored > 0 && isFull) {
      const text = `${this.unstored} letters (${this.unstoredBytes} bytes) of this node wait for the swarm's store already: send more once those are stored`;
      return failure('SKEIN_BUSY', text);
    }
    this.ports.want();
    const made = drafts.flatMap((draft, i) => this.joined(draft, handles[i]) ?? this.made(draft, handles[i]));
    for (const waiting of made) this.unanswered.add(waiting);
    if (made.length > 0) this.queue.push(made);
    this.unstored += made.length;
    this.unstoredBytes += made.reduce((sum, { letter }) => sum + letter.body.length, 0);
    this.ports.agent.flushLater();
    return undefined;
  }

  /** A letter that is here already under the same key, or was: it is answered, or will be with that one. */
  private joined(draft: Draft, handle: unknown): [] | undefined {
    const { key, digest } = draft;
    const waiting = this.keys.waiting(key);
    const known = this.keys.stored(draft) ?? (waiting?.isAnswered === true ? inOutbox(waiting) : undefined);
    const isOther = waiting !== undefined && waiting.letter.digest !== digest;
    if (isOther) {
      const text = `idempotencyKey "${key}" was used for another letter, ${waiting.letter.id}: give this one its own`;
      this.report([{ handle, stored: { ok: false, failure: failure('SKEIN_INVALID', text) } }]);
    } else if (known?.ok === true) this.report([{ handle, stored: { ...known, isRepeat: true } }]);
    else if (waiting !== undefined) waiting.handles.push(handle);
    else return undefined;
    return [];
  }

  private made(draft: Draft, handle: unknown): Waiting {
    const { agent } = this.ports;
    const sentAt = Math.floor(agent.wallNow);
    const id = this.ids.next(sentAt);
    // The broker may not have heard yet of a node that has just come.
    const allowsUnknown = draft.allowsUnknown || draft.recipients?.every((name) => this.knows(name)) === true;
    const made: Waiting = {
      // Field by field: the rest of a spread takes several times as much memory, of each letter.
      letter: {
        id,
        recipients: draft.recipients,
        type: draft.type,
        encoding: draft.encoding,
        body: draft.body,
        expiresMs: draft.expiresMs,
        key: draft.key,
        digest: draft.digest,
        allowsUnknown,
        sentAt,
        delayMs: Math.max(0, draft.notBefore - sentAt),
      },
      serial: this.unanswered.nextSerial(),
      place: ++this.lastPlace,
      copies: draft.copies,
      handles: [handle],
      isAnswered: false,
      wasSent: false,
      madeAt: this.keptLetters.now(),
      outboxAt: agent.now + letterLimits.letterOutboxAfterMs,
      kept: 'no',
    };
    this.keys.add(made);
    return made;
  }

  flush(): void {
    if (!this.isLoaded) return;
    const problem = this.ports.problem();
    this.unanswered.keepDue();
    if (problem !== undefined) {
      if (!this.unanswered.hasOutbox) this.failUnsent(problem);
      return;
    }
    this.copies.look();
    while (!this.keptLetters.isHeld && this.queue.length > 0 && this.batches.length < batchesUnderWayMax) {
      if (this.batches.some(({ isKept }) => isKept)) return;
      const count = nextBatchLength(this.queue, this.batches.length === 0);
      const isKept = this.queue
        .slice(0, count)
        .flat()
        .some(({ isAnswered }) => isAnswered);
      if (isKept && this.batches.length > 0) return;
      this.send(this.queue.splice(0, count).flat(), isKept);
    }
  }

  /** There is another broker: all that was not answered is sent to it, in order. */
  brokerChanged(): void {
    const batches = this.batches.splice(0);
    const isOneByOne = this.keptLetters.allRefused.length > 0 || batches.some(({ isKept }) => isKept);
    // What was refused may have been sent before what is under way.
    if (isOneByOne) this.requeue(batches.map(({ letters }) => letters));
    this.refusedAgain();
    if (!isOneByOne) for (const { letters } of batches) this.send(letters, false);
    this.ports.agent.flushLater();
  }

  /**
   * @returns false: what it answers was sent again meanwhile. The broker must not take this one for heard: what comes after
   * a refused put would be stored before that comes again.
   */
  stored(number: number, outcomes: readonly Stored[]): boolean {
    const batch = this.batches.find((each) => each.number === number);
    if (batch === undefined) return number > this.lastNumber;
    if (outcomes.length !== batch.letters.length) return true;
    this.batches.splice(this.batches.indexOf(batch), 1);
    const ended: Outcome[] = [];
    const leaving: Leaving[] = [];
    const dropped: string[] = [];
    const sentOn: string[] = [];
    for (const [i, waiting] of batch.letters.entries()) {
      const stored = outcomes[i] as Stored;
      if (!stored.ok && this.keptLetters.takeLater(waiting, stored.failure)) continue;
      this.ended(waiting);
      if (!stored.ok && waiting.kept !== 'no') {
        leaving.push(this.refused(waiting, stored));
        continue;
      }
      if (stored.ok) this.keys.remember(waiting.letter, stored);
      const isCopy = stored.ok && waiting.copies > 1;
      if (isCopy)
        ended.push(...this.copyReceipts.stored(waiting, { outcome: stored, store: this.ports.home() ?? '' }));
      else if (!waiting.isAnswered) ended.push(...outcomesOf(waiting, stored));
      if (stored.ok && waiting.isAnswered) this.sentFromOutbox(waiting, stored.id, sentOn);
      if (!isCopy && waiting.kept !== 'no') dropped.push(waiting.letter.id);
    }
    this.ports.outbox.drop(dropped);
    this.leaving.take(leaving);
    if (sentOn.length > 0) this.ports.deliver({ type: 'sent-on', ids: sentOn });
    this.report(ended);
    this.ports.agent.flushLater();
    return true;
  }

  /** It was reported as kept, and the swarm has it now. */
  private sentFromOutbox({ letter: { id } }: Waiting, storedId: string, sentOn: string[]): void {
    if (storedId !== id) this.sentOn.isRepeat(id, storedId);
    sentOn.push(id);
  }

  private refused(waiting: Waiting, stored: Extract<Stored, { ok: false }>): Leaving {
    if (waiting.isAnswered) return this.ending(waiting, 'refused', stored.failure.message);
    return { waiting, end: 'refused', say: () => this.report(outcomesOf(waiting, stored)) };
  }

  /** It was reported as kept. */
  private ending(waiting: Waiting, end: OutboxEnd, reason: string): Leaving {
    return { waiting, end, say: () => this.keptLetters.undelivered(waiting, end, reason) };
  }

  private report(outcomes: readonly Outcome[]): void {
    if (outcomes.length > 0) this.ports.deliver({ type: 'stored', outcomes });
  }

  /** All that waits, for an end of the node. */
  *handles(): Iterable<unknown> {
    for (const { handles, isAnswered } of this.all()) if (!isAnswered) yield* handles;
    yield* this.copyReceipts.handles();
    yield* this.leaving.handles();
  }

  /** What is in the outbox and not in the swarm's store. */
  *kept(): Iterable<Letter> {
    for (const { letter, kept } of this.all()) if (kept === 'yes') yield letter;
  }

  /** A letter in the outbox that is not in the swarm's store. */
  keptOne(id: string): Letter | undefined {
    for (const letter of this.kept()) if (letter.id === id) return letter;
    return undefined;
  }

  nextDeadline(): number {
    const { reading, unanswered, copies, keptLetters, leaving } = this;
    const answers = Math.min(reading.nextDeadline(), unanswered.nextDeadline(), copies.nextDeadline());
    return Math.min(answers, keptLetters.nextDeadline(), leaving.nextDeadline());
  }

  deadline(now: number): void {
    this.reading.deadline(now);
    if (now >= this.keptLetters.nextDeadline()) this.refusedAgain();
    this.unanswered.keepDue();
    this.copies.deadline(now);
    this.leaving.deadline(now);
  }

  private *all(): Iterable<Waiting> {
    for (const { letters } of this.batches) yield* letters;
    for (const letters of this.queue) yield* letters;
    yield* this.keptLetters.allRefused;
  }

  private knows(name: string): boolean {
    return this.ports.agent.directory.get(idOf(name)) !== undefined;
  }

  private ended(waiting: Waiting): void {
    const { letter } = waiting;
    this.unanswered.answered(waiting);
    this.keys.ended(waiting);
    this.unstored--;
    this.unstoredBytes -= letter.body.length;
  }

  // ── the outbox ────────────────────────────────────────────────────────────────────────────────────

  private answerKept(letters: readonly Waiting[]): void {
    for (const waiting of letters) waiting.isAnswered = true;
    for (const batch of this.batches) batch.isKept ||= batch.letters.some(({ isAnswered }) => isAnswered);
    this.report(letters.flatMap((waiting) => outcomesOf(waiting, inOutbox(waiting))));
  }

  private fromOutbox(letter: OutboxLetter): Waiting {
    const found = this.keptLetters.found(letter);
    this.unstored++;
    this.unstoredBytes += letter.body.length;
    this.keys.add(found);
    return found;
  }

  private refusedAgain(): void {
    this.requeue(this.keptLetters.takeRefused().map((waiting) => [waiting]));
    this.ports.agent.flushLater();
  }

  /** At the places at which they were sent: what comes back may have overtaken what comes back later. */
  private requeue(groups: readonly (readonly Waiting[])[]): void {
    if (groups.length === 0) return;
    this.queue = [...groups, ...this.queue].sort(([a], [b]) => (a as Waiting).place - (b as Waiting).place);
  }

  /** Nobody keeps the swarm, and it is known why: what was never sent is not stored. */
  private failUnsent(why: Failure): void {
    const wasSent = ({ letters }: Batch): boolean => letters.some((each) => each.wasSent);
    const unsent = this.batches.filter((batch) => !wasSent(batch));
    this.batches = this.batches.filter(wasSent);
    const waiting = [...unsent.flatMap(({ letters }) => letters), ...this.queue.splice(0).flat()];
    for (const each of waiting) this.ended(each);
    this.report(waiting.flatMap((each) => outcomesOf(each, { ok: false, failure: why })));
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  private send(all: readonly Waiting[], isKept: boolean): void {
    const letters = all.filter((waiting) => !this.endExpired(waiting));
    if (letters.length === 0) return;
    const batch = { number: ++this.lastNumber, letters, isKept };
    this.batches.push(batch);
    const message = encodePut(
      batch.number,
      letters.some(({ wasSent }) => wasSent),
      letters.map((waiting) => this.keptLetters.travelling(waiting)),
    );
    if (this.ports.send(message)) for (const waiting of letters) waiting.wasSent = true;
  }

  /** False: it has not expired in the outbox. */
  private endExpired(waiting: Waiting): boolean {
    if (!this.keptLetters.hasExpired(waiting)) return false;
    this.ended(waiting);
    this.leaving.take([this.ending(waiting, 'expired', 'it has expired in the outbox of its author')]);
    return true;
  }
}
