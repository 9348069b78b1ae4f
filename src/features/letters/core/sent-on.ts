/**
 * What became of letters of this node's outbox, of which the swarm knows nothing under their ids: those that turned out to
 * be repeats of stored ones, and those that it did not take.
 *
 * Made by the author. A program was given the id when the letter was put into the outbox. Invariant: a limited number is
 * remembered, for this incarnation.
 */
import type { LetterStatus } from './letters-types.ts';
import { letterLimits } from './limits.ts';

export class SentOn {
  /** In the order in which they came. */
  private readonly all = new Map<string, { readonly storedAs: string } | { readonly ended: LetterStatus }>();

  /** The store has had it already, under that other id. */
  isRepeat(id: string, storedAs: string): void {
    this.remember(id, { storedAs });
  }

  ended(status: LetterStatus): void {
    this.remember(status.id, { ended: status });
  }

  /** The id under which the swarm knows it. */
  idOf(id: string): string {
    const found = this.all.get(id);
    return found !== undefined && 'storedAs' in found ? found.storedAs : id;
  }

  statusOf(id: string): LetterStatus | undefined {
    const found = this.all.get(id);
    return found !== undefined && 'ended' in found ? found.ended : undefined;
  }

  private remember(id: string, what: { readonly storedAs: string } | { readonly ended: LetterStatus }): void {
    this.all.set(id, what);
    const [oldest] = this.all.keys();
    if (this.all.size > letterLimits.lettersSentOnMax) this.all.delete(oldest as string);
  }
}
