/**
 * Counts by kind, put together.
 *
 * Used by run.ts and the summary of strangers. Invariant: pure; a kind that is nowhere is in no result.
 */
type Counts = Readonly<Record<string, number>>;

/** The most that any of them has of each kind. */
export function mostOfEach(all: readonly Counts[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const [kind, count] of all.flatMap((counts) => Object.entries(counts)))
    most[kind] = Math.max(most[kind] ?? 0, count);
  return most;
}

export function sumOfEach(all: readonly Counts[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [kind, count] of all.flatMap((counts) => Object.entries(counts)))
    sums[kind] = (sums[kind] ?? 0) + count;
  return sums;
}
