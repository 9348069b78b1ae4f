/** Faults that the fleet must show: the controls of the rig. */
import type { Mutant } from '../../mutants/mutant.ts';
import type { Part } from './settings.ts';

export interface TaskFault extends Mutant {
  /** The part of a run in which it shows. */
  readonly part: Part;
  /** One of the problems that are found. */
  readonly shows: RegExp;
}

const fenceIgnored: TaskFault = {
  name: 'fence-ignored',
  part: 'replaced',
  breaks:
    'a worker whose lease is over hands in its result, and the store takes it under the claim of another one',
  file: 'src/features/tasks/store/attempts.ts',
  find: `    const row = current(doing, ending.n, ending.fence);
    if (row !== undefined && (worker === '' || worker === row.worker))`,
  replace: `    const last = doing.rows.row(ending.n);
    const isTaken = ending.outcome === 'done' && last !== undefined && isAtWorker(last);
    const row = isTaken ? last : current(doing, ending.n, ending.fence);
    if (row !== undefined && (isTaken || worker === '' || worker === row.worker))`,
  shows: /has the result of claim \d+, and its last claim is/,
};

export const faults: readonly TaskFault[] = [
  fenceIgnored,
  {
    name: 'epoch-row-skipped',
    part: 'wall',
    breaks: 'a broker that is not the last one to have claimed the store goes on writing to it',
    file: 'src/stores/sqlite/sqlite-parts.ts',
    find: 'return !isClaim(feature, verb) && this.epoch !== epoch ? claimedByAnother(epoch, this.epoch) : undefined;',
    replace: 'return epoch < 0 ? claimedByAnother(epoch, this.epoch) : undefined;',
    shows: /is lost, and its worker .* has lived|at the end$|end \d+ times|was begun/,
  },
];
