/**
 * The broker's intake: letters of authors are put into the store, of each author in the order in which they were sent.
 *
 * Made by the post office. Invariant: of one author one message at a time is being stored; that a letter is not stored is
 * said only where no attempt can have stored it; what an author has sent again, here or elsewhere, is answered once.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd, Sender } from '../../../kernel/lines/lines.ts';
import type { SwarmCore } from '../../swarm/core/shared.ts';
import type { PutErrand } from './errand.ts';
import type { AskStore, Letter, LettersShape, PutOutcome, Stored, StoredLetter } from './letters-types.ts';
import { concluded, storedLetter } from './stored-letter.ts';
import { encodeStored } from './wire.ts';

export interface IntakePorts {
  readonly agent: BehaviorAgent<LettersShape>;
  readonly swarm: SwarmCore;
  readonly ask: AskStore;
  /** Unix milliseconds. */
  wallNow(): number;
  reply(end: LineEnd, message: Uint8Array): void;
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
  /** Of each author whose letters are being stored: those that came after them. */
  private readonly putting = new Map<NodeId, PutErrand[]>();

  constructor(ports: IntakePorts) {
    this.ports = ports;
  }

  /** This node is not the broker any more. */
  clear(): void {
    this.putting.clear();
  }

  /** The store cannot be used: nothing of this is in it. */
  refuse(errand: PutErrand, why: Failure): void {
    this.answer(
      errand,
      errand.message.letters.map(() => ({ ok: false, failure: why })),
    );
    errand.done();
  }

  /** One after the other of each author: one that has to be tried again must not be overtaken. */
  received(errand: PutErrand): void {
    const { node } = errand.from;
    const behind = this.putting.get(node);
    if (behind !== undefined) {
      behind.push(errand);
      return;
    }
    this.putting.set(node, []);
    this.put(errand);
  }

  private putEnded({ from: { node } }: PutErrand): void {
    const behind = this.putting.get(node);
    const next = behind?.shift();
    if (next === undefined) this.putting.delete(node);
    else this.put(next);
  }

  /** With what came after it, in its place. */
  private putLater(errand: PutErrand): void {
    const behind = this.putting.get(errand.from.node) ?? [];
    this.putting.delete(errand.from.node);
    if (this.ports.swarm.office.state === 'elsewhere') return;
    for (const each of [errand, ...behind]) each.isAgain = true;
    this.ports.putBack([errand, ...behind]);
  }

  private put(errand: PutErrand): void {
    const { from, message, isAgain } = errand;
    // Its author has sent it again meanwhile, here or to another broker, and that is what counts.
    if (!this.ports.isCurrent(from)) return this.putEnded(errand);
    if (isAgain && this.ports.swarm.idOf(from.name) === undefined) return this.putLater(errand);
    const { letters } = message;
    const { swarm, agent } = this.ports;
    const now = this.ports.wallNow();
    const outcomes: (Stored | undefined)[] = [];
    const stored: StoredLetter[] = [];
    for (const letter of letters) {
      const made = storedLetter(letter, from.name, swarm, { now, via: agent.self.name });
      if ('code' in made) outcomes.push({ ok: false, failure: made });
      else {
        outcomes.push(undefined);
        stored.push(made);
      }
    }
    const conclude = (results: readonly PutOutcome[]): void => {
      let at = 0;
      const all = outcomes.map((outcome) => {
        if (outcome !== undefined) return outcome;
        const letter = stored[at] as StoredLetter;
        return concluded(letter, results[at++] as PutOutcome);
      });
      this.putAnswered(errand, letters, all);
      for (const recipient of new Set(stored.flatMap(({ recipients }) => recipients)))
        this.ports.mail(recipient);
    };
    if (stored.length === 0) return conclude([]);
    this.ports.ask('put', { now, letters: stored }, (completion) => {
      if (completion.ok) return conclude(completion.value as readonly PutOutcome[]);
      const why = completion.failure;
      if (why.code === 'SKEIN_LOST') errand.mayBeStored = true;
      if (this.mayComeOff(why)) return this.putLater(errand);
      this.putAnswered(
        errand,
        letters,
        letters.map(() => ({ ok: false, failure: why })),
      );
    });
  }

  /** That a letter is not stored is said only where an earlier attempt has not stored it either. */
  private putAnswered(errand: PutErrand, letters: readonly Letter[], outcomes: readonly Stored[]): void {
    if (!errand.mayBeStored || outcomes.every(({ ok }) => ok)) return this.putDone(errand, outcomes);
    const ids = letters.map(({ id }) => id);
    this.ports.ask('known', ids, (completion) => {
      if (!completion.ok) {
        this.ports.swarm.operationFailed(completion.failure);
        return this.putLater(errand);
      }
      const places = completion.value as readonly number[];
      const all = outcomes.map((outcome, i): Stored => {
        const n = places[i] ?? 0;
        return outcome.ok || n === 0 ? outcome : { ok: true, id: ids[i] as string, n, isRepeat: false };
      });
      this.putDone(errand, all);
    });
  }

  private putDone(errand: PutErrand, outcomes: readonly Stored[]): void {
    const { from, done } = errand;
    for (const { ok } of outcomes) this.counts[ok ? 'stored' : 'refused']++;
    // What was sent again is answered by itself.
    if (this.ports.isCurrent(from)) this.answer(errand, outcomes);
    done();
    this.putEnded(errand);
  }

  private answer({ from, message }: PutErrand, outcomes: readonly Stored[]): void {
    this.ports.reply(from, encodeStored(message.number, outcomes));
  }

  private mayComeOff(why: Failure): boolean {
    this.ports.swarm.operationFailed(why);
    return mayComeOff.has(why.code);
  }
}
