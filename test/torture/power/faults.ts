/** Faults that power cuts must show: the controls of the rig. */
import type { Mutant } from '../../mutants/mutant.ts';
import { receiptBeforeCommit } from '../faults.ts';
import type { ProblemKind } from './judge.ts';

export interface Fault extends Mutant {
  /** What a run must find, the most frequent first. */
  readonly shows: readonly ProblemKind[];
}

export const faults: readonly Fault[] = [
  {
    name: 'synchronous=NORMAL',
    breaks: 'a commit is not synced before it is reported: the log is synced at checkpoints alone',
    shows: ['lost'],
    file: 'src/stores/sqlite/file.ts',
    find: "synchronous: 'FULL',",
    replace: "synchronous: 'NORMAL',",
  },
  {
    ...receiptBeforeCommit(5),
    shows: ['lost', 'waiting', 'unclaimed'],
  },
  {
    name: 'synchronous=OFF',
    breaks: 'nothing is synced, checkpoints included',
    shows: ['damaged'],
    file: 'src/stores/sqlite/file.ts',
    find: "synchronous: 'FULL',",
    replace: "synchronous: 'OFF',",
  },
  {
    name: 'folders-not-synced',
    breaks: 'folders that were made for the store go, with the store in them',
    shows: ['lost'],
    file: 'src/stores/sqlite/file.ts',
    find: '      syncFoldersAbove(dirname(path));\n',
    replace: '',
  },
];
