/**
 * Faults that kills must show: the controls of the rig.
 *
 * Planted in a copy of the store's thread. Invariant: with each of them a run finds a problem, or the run has failed.
 */
import type { Mutant } from '../../mutants/mutant.ts';

export interface KillFault extends Mutant {
  /** Begins one of the problems that are found. */
  readonly shows: RegExp;
}

export const faults: readonly KillFault[] = [
  {
    name: 'receipt-before-commit',
    breaks: 'the outcomes of a group are reported 100 ms before its transaction is committed',
    shows: /was stored, and .* has never handled it|has two ids/,
    file: 'src/stores/sqlite/worker.ts',
    find: 'const outcomes = engine.carryOut(message.group).map(toSay);',
    replace: `
      const inside = engine as unknown as { database: { exec(sql: string): void }; commit: (made: Outcome[]) => Outcome[] };
      inside.commit = (made) => {
        say({ type: 'outcomes', outcomes: made.map(toSay), isLast: false, epoch: engine.claimedEpoch });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        inside.database.exec('COMMIT');
        return [];
      };
      const outcomes = engine.carryOut(message.group).map(toSay);
      if (outcomes.length === 0) return;`,
  },
  {
    name: 'settled-unhandled',
    breaks: 'some letters are settled when they are stored',
    shows: /is delivered, and .* has not handled it/,
    file: 'src/features/letters/store/sqlite.ts',
    find: "      this.fill(recipient, 1, body.length);\n    }\n    return { type: 'stored', n };",
    replace:
      "      this.fill(recipient, 1, body.length);\n      if (n % 10 === 0) this.handled(recipient, n, now);\n    }\n    return { type: 'stored', n };",
  },
];
