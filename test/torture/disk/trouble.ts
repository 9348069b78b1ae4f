/**
 * What is wrong with the disk of a broker, as strace makes it; and faults of the product that this must show.
 *
 * Invariant: strace counts the calls of each thread by itself, so that a thread that opens the store again begins again
 * at one.
 */
import type { Mutant } from '../../mutants/mutant.ts';
import { settledUnhandled } from '../faults.ts';

export interface Trouble {
  readonly name: string;
  /** Option `inject` of strace. Undefined: calls are left alone. */
  readonly inject?: string;
  /** The store is on a real disk of this size, which is full by turns. */
  readonly megabytes?: number;
}

const every = (n: number) => `when=${n}+${n}`;

/** Each at every n-th call of a thread: from almost no progress to a failure now and then. */
export const troubles: readonly Trouble[] = [
  ...[5, 8, 13].map((n) => ({
    name: `fsync fails with EIO, each ${n}th`,
    inject: `fsync:error=EIO:${every(n)}`,
  })),
  ...[300].map((n) => ({
    name: `pwrite64 fails with ENOSPC, each ${n}th`,
    inject: `pwrite64:error=ENOSPC:${every(n)}`,
  })),
  ...[200].map((n) => ({
    name: `pwrite64 fails with EIO, each ${n}th`,
    inject: `pwrite64:error=EIO:${every(n)}`,
  })),
  { name: 'fsync takes 30 ms', inject: 'fsync:delay_exit=30000' },
  { name: 'a disk of 32 MiB is full by turns', megabytes: 32 },
];

export interface DiskFault extends Mutant {
  /** The trouble in which it shows. */
  readonly trouble: Trouble;
}

export const faults: readonly DiskFault[] = [
  {
    name: 'unknown-is-stored',
    breaks: 'a commit that has failed is reported as done',
    file: 'src/stores/sqlite/engine.ts',
    find: "outcome.ok ? { ok: false, error: new SkeinError('SKEIN_LOST', text, { cause }) } : outcome,",
    replace: 'outcome,',
    trouble: troubles[1] as Trouble,
  },
  { ...settledUnhandled, trouble: troubles.at(-2) as Trouble },
];
