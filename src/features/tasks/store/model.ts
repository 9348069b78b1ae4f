/**
 * Tasks in the model of a store: the rules of `operations.ts` on tables of the model. The simulator's stores run it.
 *
 * Invariant: what it does the part on SQLite does too, since both have these rules; that their rows are alike is tested.
 */
import { storeModel } from '../../../stores/model.ts';
import type { TasksShape } from '../core/tasks-shape.ts';
import { ModelRows, noTasks, type State } from './model-rows.ts';
import { freeing, taskOperations } from './operations.ts';

type Verbs = TasksShape['store'];
type Model = ReturnType<typeof storeModel<Verbs, State>>;

export const tasksModel = storeModel<Verbs, State>({
  name: 'tasks',
  frees: freeing,
  initial: noTasks,
  operations: onModel(),
});

function onModel(): Model['operations'] {
  const bound = Object.entries(taskOperations).map(([verb, operate]) => [
    verb,
    (state: State, input: never, log: never) => operate(new ModelRows(state), log, input),
  ]);
  return Object.fromEntries(bound);
}
