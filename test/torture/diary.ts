/**
 * What members write of what they know for certain, a line each, over all their incarnations.
 *
 * Used by members and judges of the rigs that kill. Invariant: a line is in the file before the member's next step.
 */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';

/** By the name of the member that has written it. */
export type Diaries = ReadonlyMap<string, string>;

export interface Diary {
  /** Lines of earlier incarnations. */
  readonly before: readonly string[];
  note(...words: readonly (string | number)[]): void;
}

/** @param isSynced Each line is on the disk before the next step; otherwise it is with the system, which outlives a kill. */
export function openDiary(file: string, isSynced: boolean): Diary {
  const before = existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : [];
  const opened = openSync(file, isSynced ? 'as' : 'a');
  return { before, note: (...words) => void writeSync(opened, `${words.join(' ')}\n`) };
}

/** A last line without its end was being written when its member was killed. */
export function linesOf(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

/** Milliseconds of the monotonic clock of the machine: the same for all processes. */
export function machineNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
