/**
 * Faults that power cuts must show: the controls of the rig.
 *
 * Planted in a copy of the store's thread. Invariant: with each of them a run finds bad states, or the run has failed.
 */
import type { Mutant } from '../../mutants/mutant.ts';
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
    find: "'PRAGMA synchronous = FULL',",
    replace: "'PRAGMA synchronous = NORMAL',",
  },
  {
    name: 'receipt-before-commit',
    breaks: 'the outcomes of a group are reported 5 ms before its transaction is committed',
    shows: ['lost', 'waiting'],
    file: 'src/stores/sqlite/worker.ts',
    find: 'const outcomes = engine.carryOut(message.group).map(toSay);',
    replace: `
      const inside = engine as unknown as { database: { exec(sql: string): void }; commit: (made: Outcome[]) => Outcome[] };
      inside.commit = (made) => {
        say({ type: 'outcomes', outcomes: made.map(toSay), isLast: false, epoch: engine.claimedEpoch });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        inside.database.exec('COMMIT');
        return [];
      };
      const outcomes = engine.carryOut(message.group).map(toSay);
      if (outcomes.length === 0) return;`,
  },
  {
    name: 'synchronous=OFF',
    breaks: 'nothing is synced, checkpoints included',
    shows: ['damaged'],
    file: 'src/stores/sqlite/file.ts',
    find: "'PRAGMA synchronous = FULL',",
    replace: "'PRAGMA synchronous = OFF',",
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
