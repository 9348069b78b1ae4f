/**
 * Letters by which authors hear how their tasks have ended, at the broker: each goes into the mailbox of its author, and is
 * then noted as sent.
 *
 * The store says what is owed: it is read as the broker begins, and again where some could not be sent; what has just ended
 * comes from the operation that has ended it. Invariant: a letter has the id of its task and comes from its author, so one that
 * is put again, after a crash between the two commits or by another broker, is the same letter.
 */
import type { Failure } from '../../../../kernel/errors.ts';
import { endLetterType, taskLimits } from '../limits.ts';
import type { Encoded, OwedLetter, OwedPlace, TaskId } from '../tasks-types.ts';
import { endLetterBody } from './end-letter-body.ts';
import type { Desk } from './errand.ts';

export interface EndLettersPorts {
  readonly desk: Pick<Desk, 'swarm' | 'ask' | 'now'>;
  warn(text: string): void;
}

const never = Number.POSITIVE_INFINITY;
const beginning: OwedPlace = { endedAt: 0, n: 0 };

export class EndLetters {
  readonly counts = { letters: 0 };
  private readonly ports: EndLettersPorts;
  /** To be sent. */
  private readonly queue = new Map<TaskId, OwedLetter>();
  private readonly underWay = new Set<TaskId>();
  /** Reading what is owed goes on after it. Undefined: all was read. */
  private place: OwedPlace | undefined;
  private isReading = false;
  /** Authors whose mailboxes were full: nothing more is read for them until it is tried again. */
  private readonly full = new Set<string>();
  private againAt = never;
  /** Another one each time that this node begins: an answer to an earlier one does not count. */
  private turn = {};

  constructor(ports: EndLettersPorts) {
    this.ports = ports;
  }

  clear(): void {
    for (const each of [this.queue, this.underWay, this.full]) each.clear();
    this.place = undefined;
    this.isReading = false;
    this.againAt = never;
    this.turn = {};
  }

  /** The store can be asked. */
  begin(): void {
    this.place = beginning;
    this.proceed();
  }

  /** The store owes these from now on. */
  owed(letters: readonly OwedLetter[]): void {
    for (const letter of letters) {
      // What does not fit is read from the store.
      if (this.queue.size < taskLimits.taskLettersQueuedMax) this.queue.set(letter.id, letter);
      else this.place = beginning;
    }
    this.proceed();
  }

  nextDeadline(): number {
    return this.againAt;
  }

  deadline(now: number): void {
    if (now < this.againAt) return;
    this.againAt = never;
    this.full.clear();
    this.begin();
  }

  private proceed(): void {
    // Nothing is done for what no node of this kind can send: a next broker may have letters.
    if (this.ports.desk.swarm.deposit === undefined) return;
    for (const [id, letter] of this.queue) {
      if (this.underWay.size >= taskLimits.taskLettersUnderWayMax) return;
      this.queue.delete(id);
      if (!this.underWay.has(id)) this.send(letter);
    }
    this.readOn();
  }

  private readOn(): void {
    const { place } = this;
    if (place === undefined || this.isReading || this.queue.size > 0) return;
    this.isReading = true;
    const limit = taskLimits.tasksPerReadMax;
    this.ports.desk.ask('owedLetters', { after: place, limit }, (completion) => {
      this.isReading = false;
      if (!completion.ok) {
        this.place = undefined;
        return this.failed(completion.failure);
      }
      const letters = completion.value as readonly OwedLetter[];
      if (this.place === place) this.place = letters.length < limit ? undefined : letters.at(-1);
      for (const letter of letters) if (!this.full.has(letter.author)) this.queue.set(letter.id, letter);
      this.proceed();
    });
  }

  private send(letter: OwedLetter): void {
    const { id, state, reason, resultBytes } = letter;
    this.underWay.add(id);
    if (state !== 'done') return this.deposit(letter, undefined, reason === '' ? state : reason);
    const { taskLetterResultBytes } = taskLimits;
    if (resultBytes > taskLetterResultBytes) {
      const text = `the result has ${resultBytes} bytes, and ${taskLetterResultBytes} at most go into a letter: ask for it by the id of the task`;
      return this.deposit(letter, undefined, text);
    }
    this.ports.desk.ask('results', id, (completion) => {
      if (!completion.ok) {
        this.underWay.delete(id);
        return this.failed(completion.failure);
      }
      const results = completion.value as readonly Encoded[] | null;
      if (results !== null) return this.deposit(letter, results, '');
      // It was removed meanwhile, and its letter with it.
      this.underWay.delete(id);
      this.proceed();
    });
  }

  private deposit(letter: OwedLetter, results: readonly Encoded[] | undefined, error: string): void {
    const { turn } = this;
    const { id, author, endedAt } = letter;
    const { encoding, body } = endLetterBody(letter, results, error);
    const parcel = { id, owner: author, type: endLetterType, sentAt: endedAt, encoding, body };
    this.ports.desk.swarm.deposit?.(parcel, (problem) => {
      if (turn !== this.turn) return;
      if (problem === undefined) return this.sent(id);
      if (problem.code === 'SKEIN_INVALID') {
        this.ports.warn(`the end of task ${id} does not go to ${author} as a letter: ${problem.message}`);
        return this.sent(id);
      }
      this.underWay.delete(id);
      if (problem.code === 'SKEIN_MAILBOX_FULL') this.full.add(author);
      this.failed(problem);
    });
  }

  private sent(id: TaskId): void {
    this.ports.desk.ask('letterSent', id, (completion) => {
      this.underWay.delete(id);
      if (!completion.ok) return this.failed(completion.failure);
      this.counts.letters++;
      this.proceed();
    });
  }

  /** The store owes it still. */
  private failed(why: Failure): void {
    const { swarm, now } = this.ports.desk;
    swarm.operationFailed(why);
    this.againAt = Math.min(this.againAt, now() + taskLimits.taskLetterAgainMs);
    this.proceed();
  }
}
