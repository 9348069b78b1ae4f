/**
 * Faults that more than one of the rigs must see: their controls.
 *
 * Planted in a copy of the store's thread. Invariant: with each of them a run finds a problem, or the run has failed.
 */
import type { Mutant } from '../mutants/mutant.ts';

export const settledUnhandled: Mutant = {
  name: 'settled-unhandled',
  breaks: 'some letters are settled when they are stored',
  file: 'src/features/letters/store/sqlite.ts',
  find: "    }\n    return { type: 'stored', n };",
  replace:
    "    }\n    if (n % 10 === 0) for (const recipient of recipients) this.handled(recipient, n, time);\n    return { type: 'stored', n };",
};

/** @param beforeMs How long before. */
export function receiptBeforeCommit(beforeMs: number): Mutant {
  return {
    name: 'receipt-before-commit',
    breaks: `the outcomes of a group are reported ${beforeMs} ms before its transaction is committed`,
    file: 'src/stores/sqlite/worker.ts',
    find: 'const outcomes = engine.carryOut(group).map(toSay);',
    replace: `
      const inside = engine as unknown as { database: { exec(sql: string): void }; commit: (made: Outcome[]) => Outcome[] };
      inside.commit = (made) => {
        say({ type: 'outcomes', outcomes: made.map(toSay), isLast: false, epoch: engine.claimedEpoch });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${beforeMs});
        inside.database.exec('COMMIT');
        return [];
      };
      const outcomes = engine.carryOut(group).map(toSay);
      if (outcomes.length === 0) return;`,
  };
}
