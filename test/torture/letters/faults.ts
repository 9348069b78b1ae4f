/** Faults that kills must show: the controls of the rig. */
import type { Mutant } from '../../mutants/mutant.ts';
import { receiptBeforeCommit, settledUnhandled } from '../faults.ts';

export interface KillFault extends Mutant {
  /** Begins one of the problems that are found. */
  readonly shows: RegExp;
}

export const faults: readonly KillFault[] = [
  {
    ...receiptBeforeCommit(100),
    shows: /was stored, and .* has never handled it|has two ids/,
  },
  {
    ...settledUnhandled,
    shows: /is delivered, and .* has not handled it/,
  },
];
