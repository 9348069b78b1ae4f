/**
 * A store that is given one group at a time.
 *
 * Extended by stores that run where they are asked. When one commit ends the next takes what has come meanwhile, so that a
 * slow disk has larger groups, without a timer. Invariant: nothing is reported before its group is durable.
 */
import { type Entry, groupLength } from './group.ts';
import { OrderedStore } from './ordered-store.ts';
import type { Outcome } from './parts.ts';

export abstract class GroupedStore extends OrderedStore {
  private group: readonly Entry[] = [];

  /** Makes the group durable, in order and each entirely or not at all; `done` takes one outcome for each. */
  protected abstract commit(group: readonly Entry[], done: (outcomes: readonly Outcome[]) => void): void;

  protected override added(): void {
    if (this.group.length === 0) this.commitNext();
  }

  /** @returns the group that was being committed. */
  protected abandonAll(): readonly Entry[] {
    const { group } = this;
    this.group = [];
    this.abandon();
    return group;
  }

  private commitNext(): void {
    const group = this.pending.slice(0, groupLength(this.pending));
    this.group = group;
    if (group.length === 0) return;
    this.commit(group, (outcomes) => {
      if (this.group !== group) return;
      this.report(outcomes);
      this.commitNext();
    });
  }
}
