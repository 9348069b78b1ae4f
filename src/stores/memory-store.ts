/**
 * The store in memory: the models, carried out as they are written.
 *
 * Who calls it: tests, and whatever needs a store that lasts as long as its process; it is the oracle that other
 * stores are compared with. Invariant: what it has reported is in its content, and a store that is opened on the same
 * content later goes on from there.
 */
import { hexOf } from '../kernel/wire/bytes.ts';
import type { Entry } from './group.ts';
import { GroupedStore } from './grouped-store.ts';
import type { AnyStoreModel } from './model.ts';
import { type Outcome, type StoreContent, StoreParts } from './parts.ts';

export class MemoryStore extends GroupedStore {
  private readonly parts: StoreParts;

  /**
   * @param content Of an earlier store. Default: a new one.
   * @throws TypeError for models that do not fit together.
   */
  constructor(models: readonly AnyStoreModel[], content: StoreContent = new Map()) {
    super();
    this.parts = new StoreParts(models, content, () => hexOf(crypto.getRandomValues(new Uint8Array(16))));
  }

  /** Later in the same turn of the loop: what a turn asks for is one group or two. */
  protected override commit(group: readonly Entry[], done: (outcomes: readonly Outcome[]) => void): void {
    const carryOut = () =>
      done(group.map(({ feature, operation }) => this.parts.execute(feature, operation)));
    void Promise.resolve().then(carryOut);
  }
}
