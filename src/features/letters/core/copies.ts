/**
 * Letters that their author keeps in its outbox although the swarm's store has them, until all recipients are done: for
 * a store that is lost with its machine.
 *
 * Made by the author. Invariant: a copy is given up only once the store that has the letter says that it has ended; where
 * the swarm is kept in another store by then, the letter is sent again, under its own id.
 */
import type { OutboxLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';

export interface CopiesPorts {
  readonly outbox: Outbox;
  now(): number;
  /** Id of the store in which the swarm is kept. */
  home(): string | undefined;
  askEnded(ids: readonly string[], then: (ended: readonly string[]) => void): void;
  sendAgain(letters: readonly OutboxLetter[]): void;
}

/** Those of `ids` that a broker has said to have ended; none where its answer is no list. */
export function endedOf(json: string, ids: readonly string[]): readonly string[] {
  try {
    const ended: unknown = JSON.parse(json);
    return Array.isArray(ended) ? ids.filter((id) => ended.includes(id)) : [];
  } catch {
    return [];
  }
}

const never = Number.POSITIVE_INFINITY;

export class Copies {
  private readonly ports: CopiesPorts;
  /** Ids, with the store that has each. */
  private readonly storedIn = new Map<string, string>();
  /** Copies of other stores were looked for when this one became the home. */
  private lookedFor: string | undefined;
  private askAt = never;

  constructor(ports: CopiesPorts) {
    this.ports = ports;
  }

  get count(): number {
    return this.storedIn.size;
  }

  add(id: string, store: string): void {
    this.storedIn.set(id, store);
    this.lookedFor = undefined;
    this.askAt = Math.min(this.askAt, this.ports.now() + letterLimits.letterCopiesAskMs);
  }

  /** That store has it now. */
  stored(id: string, store: string): void {
    this.add(id, store);
    this.ports.outbox.stored([id], store);
  }

  /** Those of another store are sent again. */
  look(): void {
    const home = this.ports.home();
    if (home === undefined || home === this.lookedFor) return;
    this.lookedFor = home;
    if ([...this.storedIn.values()].every((store) => store === home)) return;
    this.ports.outbox.load(
      home,
      (letters) => {
        // What the swarm has never had is on its way already. Which store has a letter is known here, and not always noted in the
        // outbox, whose disk may have failed.
        const lost = letters.filter(({ id }) => this.storedIn.get(id) !== home && this.storedIn.delete(id));
        if (lost.length > 0) this.ports.sendAgain(lost);
      },
      () => {
        this.lookedFor = undefined;
      },
    );
  }

  nextDeadline(): number {
    return this.askAt;
  }

  deadline(now: number): void {
    if (now < this.askAt) return;
    this.askAt = this.storedIn.size === 0 ? never : now + letterLimits.letterCopiesAskMs;
    const home = this.ports.home();
    const ids: string[] = [];
    for (const [id, store] of this.storedIn) {
      if (ids.length === letterLimits.letterCopiesPerAsk) break;
      if (store === home) ids.push(id);
    }
    if (ids.length === 0) return;
    // The next time it is the others' turn.
    for (const id of ids) this.later(id);
    this.ports.askEnded(ids, (ended) => {
      const known = ended.filter((id) => this.storedIn.get(id) === home && this.storedIn.delete(id));
      this.ports.outbox.drop(known);
    });
  }

  private later(id: string): void {
    const store = this.storedIn.get(id) as string;
    this.storedIn.delete(id);
    this.storedIn.set(id, store);
  }
}
