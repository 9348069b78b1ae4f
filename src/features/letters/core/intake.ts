/**
 * The broker's intake: letters of authors are put into the store, of each author in the order in which they were sent.
 *
 * Made by the post office. Invariant: a put of an author is stored only where the one before it was decided, and where
 * its author knows what of that was refused (`PutLine`);
 * that a letter is not stored is said only where no attempt can have stored it; what an author has sent again, here or
 * elsewhere, is answered once.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd, Sender } from '../../../kernel/lines/lines.ts';
import type { SwarmCore } from '../../swarm/core/shared.ts';
import type { PutErrand } from './errand.ts';
import type { AskStore, LettersShape, PutOutcome, Stored, StoredLetter } from './letters-types.ts';
import { PutLine } from './put-line.ts';
import { noteRejected } from './rejections.ts';
import { concluded, storedLetter } from './stored-letter.ts';
import { encodeStored } from './wire.ts';

export interface IntakePorts {
  readonly agent: BehaviorAgent<LettersShape>;
  readonly swarm: SwarmCore;
  readonly ask: AskStore;
  /** Unix milliseconds. */
  wallNow(): number;
  /** @param processed Called once its author has heard. */
  reply(end: LineEnd, message: Uint8Array, processed: (() => void) | undefined): void;
  /** False: its sender has abandoned it. */
  isCurrent(sender: Sender): boolean;
  /** To be tried again, before anything else of their author. */
  putBack(errands: readonly PutErrand[]): void;
  /** There is something new in this mailbox. */
  mail(recipient: string): void;
}

/** An operation that failed so may come off another time: the same letters again, under the same ids, do no harm. */
const mayComeOff = new Set<string>(['SKEIN_LOST', 'SKEIN_STORE_CLAIMED', 'SKEIN_BUSY']);

export class Intake {
  readonly counts = { stored: 0, refused: 0 };
  private readonly ports: IntakePorts;
  /** Of each author whose letters are being stored. */
  private readonly lines = new Map<NodeId, PutLine>();

  constructor(ports: IntakePorts) {
    this.ports = ports;
  }

  /** This node is not the broker any more. */
  clear(): void {
    this.lines.clear();
  }

  /** Its incarnation has ended, or has abandoned what it had sent: it hears nothing of that any more. */
  abandoned(node: NodeId): void {
    if (this.lines.has(node)) this.proceed(node, this.lineOf(node));
  }

  /**
   * In the order of each author: one that has to be tried again must not be overtaken, nor one that is refused.
   *
   * @param refusal It is not put: the store cannot be used, or its author may not. An earlier attempt may have stored it
   * all the same.
   */
  received(errand: PutErrand, refusal: Failure | undefined): void {
    const { node } = errand.from;
    errand.refusal = refusal;
    const line = this.lineOf(node);
    line.add(errand);
    this.proceed(node, line);
  }

  private lineOf(node: NodeId): PutLine {
    const line = this.lines.get(node) ?? new PutLine();
    this.lines.set(node, line);
    line.abandon(({ from }) => this.ports.isCurrent(from));
    return line;
  }

  /** A loop, since one that needs no store ends at once, and there may be thousands of them. */
  private proceed(node: NodeId, line: PutLine): void {
    if (line.isProceeding || this.lines.get(node) !== line) return;
    line.isProceeding = true;
    for (let errand = line.next(); errand !== undefined; errand = line.next()) this.put(line, errand);
    line.isProceeding = false;
    if (!line.isOver) return;
    this.lines.delete(node);
    const { left } = line;
    if (left.length === 0 || this.ports.swarm.office.state === 'elsewhere') return;
    for (const each of left) each.isAgain = true;
    this.ports.putBack(left);
  }

  private putEnded(line: PutLine, errand: PutErrand): void {
    line.ended(errand);
    this.proceed(errand.from.node, line);
  }

  /** Not at once; and nothing that came after it before it. */
  private putLater(line: PutLine, errand: PutErrand): void {
    line.comesAgain(errand, true);
    this.proceed(errand.from.node, line);
  }

  private put(line: PutLine, errand: PutErrand): void {
    const { from, message, isAgain, refusal } = errand;
    // Its author has sent it again meanwhile, here or to another broker, and that is what counts.
    if (!this.ports.isCurrent(from)) return this.putEnded(line, errand);
    if (isAgain && this.ports.swarm.idOf(from.name) === undefined) return this.putLater(line, errand);
    if (refusal !== undefined) {
      line.refused(errand);
      return this.putAnswered(line, errand, refusals(errand, refusal));
    }
    const { swarm, agent } = this.ports;
    const now = this.ports.wallNow();
    const { time } = swarm;
    const terms = { time, via: agent.self.name };
    const outcomes: (Stored | undefined)[] = [];
    const stored: StoredLetter[] = [];
    for (const letter of message.letters) {
      const made = storedLetter(letter, from.name, swarm, terms);
      if ('code' in made) outcomes.push({ ok: false, failure: made });
      else {
        outcomes.push(undefined);
        stored.push(made);
      }
    }
    if (stored.length < outcomes.length) line.refused(errand);
    const conclude = (results: readonly PutOutcome[]): void => {
      let at = 0;
      const answers = outcomes.map((outcome) => {
        if (outcome !== undefined) return outcome;
        const letter = stored[at] as StoredLetter;
        return concluded(letter, results[at++] as PutOutcome);
      });
      this.putAnswered(line, errand, answers);
      const all = new Set<string>();
      for (const { recipients } of stored) for (const recipient of recipients) all.add(recipient);
      for (const recipient of all) this.ports.mail(recipient);
    };
    if (stored.length === 0) return conclude([]);
    this.ports.ask('put', { now, time, before: line.given(stored), letters: stored }, (completion) => {
      if (completion.ok) {
        const results = completion.value as readonly PutOutcome[] | null;
        if (results !== null) return conclude(results);
        // The one before it failed, or not all of it was new: it goes again once that is decided.
        line.comesAgain(errand, false);
        return this.proceed(from.node, line);
      }
      const why = completion.failure;
      if (why.code === 'SKEIN_LOST') errand.mayBeStored = true;
      if (this.mayComeOff(why)) return this.putLater(line, errand);
      this.putAnswered(line, errand, refusals(errand, why));
    });
  }

  /** That a letter is not stored is said only where an earlier attempt has not stored it either. */
  private putAnswered(line: PutLine, errand: PutErrand, outcomes: readonly Stored[]): void {
    if (!errand.mayBeStored || outcomes.every(({ ok }) => ok)) return this.putDone(line, errand, outcomes);
    this.checkStored(
      errand,
      outcomes,
      (all) => this.putDone(line, errand, all),
      () => this.putLater(line, errand),
    );
  }

  private checkStored(
    { message: { letters } }: PutErrand,
    outcomes: readonly Stored[],
    checked: (all: readonly Stored[]) => void,
    failed: () => void,
  ): void {
    const ids = letters.map(({ id }) => id);
    this.ports.ask('known', ids, (completion) => {
      if (!completion.ok) {
        this.ports.swarm.operationFailed(completion.failure);
        return failed();
      }
      const places = completion.value as readonly number[];
      const all = outcomes.map((outcome, i): Stored => {
        const n = places[i] ?? 0;
        return outcome.ok || n === 0 ? outcome : { ok: true, id: ids[i] as string, n, isRepeat: false };
      });
      checked(all);
    });
  }

  private putDone(line: PutLine, errand: PutErrand, outcomes: readonly Stored[]): void {
    const { from, done } = errand;
    for (const { ok } of outcomes) this.counts[ok ? 'stored' : 'refused']++;
    this.noteRejected(errand, outcomes);
    // What was sent again is answered by itself.
    if (this.ports.isCurrent(from)) this.answer(line, errand, outcomes);
    else line.heard(errand);
    done();
    this.putEnded(line, errand);
  }

  private noteRejected(errand: PutErrand, outcomes: readonly Stored[]): void {
    const { swarm, agent } = this.ports;
    noteRejected(swarm.chronicle, errand, outcomes, { now: agent.wallNow, via: agent.self.name });
  }

  private answer(line: PutLine, errand: PutErrand, outcomes: readonly Stored[]): void {
    const { from, message } = errand;
    const heard = (): void => {
      line.heard(errand);
      this.proceed(from.node, line);
    };
    // This node hears in the same turn; on its line to itself the answer counts as processed only after later puts.
    const isOwed = outcomes.some(({ ok }) => !ok) && from.node !== this.ports.agent.self.id;
    if (isOwed) line.refused(errand);
    else line.heard(errand);
    this.ports.reply(from, encodeStored(message.number, outcomes), isOwed ? heard : undefined);
  }

  private mayComeOff(why: Failure): boolean {
    this.ports.swarm.operationFailed(why);
    return mayComeOff.has(why.code);
  }
}

function refusals({ message }: PutErrand, why: Failure): Stored[] {
  return message.letters.map(() => ({ ok: false, failure: why }));
}
