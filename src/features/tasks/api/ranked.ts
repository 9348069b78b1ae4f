/** Workers as tasks are matched: those first that would take such a task. Used by the facade. */
import type { WorkerView } from '../api.ts';
import { hasMoreRoom, type WithRoom } from '../core/matching/worker.ts';

export function ranked(workers: readonly WorkerView[]): WorkerView[] {
  return workers.toSorted(
    (a, b) =>
      Number(a.whyNot !== '') - Number(b.whyNot !== '') || (hasMoreRoom(withRoom(a), withRoom(b)) ? -1 : 1),
  );
}

function withRoom({ name, freeCores, freeMemory, tasks }: WorkerView): WithRoom {
  return { name, room: { freeCores, freeMemory }, held: { size: tasks } };
}
