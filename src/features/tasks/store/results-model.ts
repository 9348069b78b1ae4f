/**
 * What the operations on results mean that a worker keeps on its own disk until a broker has them.
 *
 * Invariant: of one task it is the result of the last claim; an earlier one would be refused.
 */
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import type { TasksShape } from '../core/tasks-shape.ts';
import type { KeptResult } from '../core/tasks-types.ts';

interface State {
  readonly results: Table<readonly [store: number, n: number], KeptResult>;
}

export const taskResultsModel = storeModel<TasksShape['ownStore'], State>({
  name: 'tasks',
  frees: ['dropResult'],
  initial: () => ({ results: new Table() }),
  operations: {
    keepResult({ results }, kept) {
      const known = results.get([kept.store, kept.n]);
      if (known === undefined || known.fence <= kept.fence) results.put([kept.store, kept.n], kept);
    },
    dropResult({ results }, { store, n, fence }) {
      if (results.get([store, n])?.fence === fence) results.delete([store, n]);
    },
    keptResults({ results }, { after, limit }) {
      const found: KeptResult[] = [];
      for (const [, kept] of results.rows({ from: [after.store, after.n + 1] })) {
        if (found.length === limit) break;
        found.push(kept);
      }
      return found;
    },
  },
});
