/**
 * What this node watches at the broker: topics of which it is notified that something has changed.
 *
 * Made by the swarm's behavior, which sends the watches. Invariant: a watch goes on over changes of the broker, and each of
 * those counts as a change, since one may have been missed; a watch says that something changed, never what.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { swarmLimits } from './limits.ts';
import { encodeWatch } from './question-wire.ts';

interface Watch {
  readonly bytes: Uint8Array;
  readonly changed: () => void;
}

export class Watching {
  private readonly watches = new Map<number, Watch>();
  private lastNumber = 0;

  /** @throws SkeinError SKEIN_BUSY */
  add(
    topics: readonly string[],
    changed: () => void,
  ): { readonly number: number; readonly bytes: Uint8Array } {
    const { swarmWatchesMax } = swarmLimits;
    if (this.watches.size >= swarmWatchesMax)
      throw new SkeinError(
        'SKEIN_BUSY',
        `this node watches ${swarmWatchesMax} things at the broker already: close a stream that watches`,
      );
    const number = ++this.lastNumber;
    const bytes = encodeWatch(number, topics);
    this.watches.set(number, { bytes, changed });
    return { number, bytes };
  }

  /** False: it was removed before. */
  remove(number: number): boolean {
    return this.watches.delete(number);
  }

  *all(): Iterable<Uint8Array> {
    for (const { bytes } of this.watches.values()) yield bytes;
  }

  changed(number: number): void {
    this.watches.get(number)?.changed();
  }

  /** Anything may have changed. */
  changedAll(): void {
    for (const { changed } of [...this.watches.values()]) changed();
  }
}
