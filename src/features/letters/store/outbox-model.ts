/** What the operations on a node's outbox mean. */
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import type { LettersShape, OutboxLetter } from '../core/letters-types.ts';

interface State {
  readonly letters: Table<number, OutboxLetter>;
  readonly byId: Table<string, number>;
}

/** `look` is a verb of every store itself. */
type Verbs = Omit<LettersShape['ownStore'], 'look'>;

export const outboxModel = storeModel<Verbs, State>({
  name: 'letters',
  frees: ['drop'],
  initial: () => ({ letters: new Table(), byId: new Table() }),
  operations: {
    keep({ letters, byId }, given) {
      for (const letter of given) {
        if (byId.get(letter.id) !== undefined) continue;
        letters.put(letter.place, letter);
        byId.put(letter.id, letter.place);
      }
    },
    stored({ letters, byId }, { ids, store }) {
      for (const id of ids) {
        const place = byId.get(id);
        const letter = place === undefined ? undefined : letters.get(place);
        if (letter !== undefined) letters.put(letter.place, { ...letter, storedIn: store });
      }
    },
    drop({ letters, byId }, ids) {
      for (const id of ids) {
        const place = byId.get(id);
        if (place === undefined) continue;
        letters.delete(place);
        byId.delete(id);
      }
    },
    load({ letters }, { after, letters: count, bytes, notIn }) {
      const found: OutboxLetter[] = [];
      let left = bytes;
      for (const [place, letter] of letters.rows({ from: after })) {
        if (place === after || letter.storedIn === notIn) continue;
        if (found.length === count || (found.length > 0 && letter.body.length > left)) break;
        left -= letter.body.length;
        found.push(letter);
      }
      return found;
    },
  },
});
