/**
 * Arithmetic on figures over time: a slope that single leaps do not bend, and quantiles.
 *
 * Used by the judge and the summary. Invariant: pure.
 */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Value per ms: the median of the slopes between all pairs of points (Theil 1950, Sen 1968). */
export function theilSen(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [i, a] of points.entries()) {
    for (const b of points.slice(i + 1)) {
      if (b.atMs !== a.atMs) slopes.push((b.value - a.value) / (b.atMs - a.atMs));
    }
  }
  return quantile(slopes, 0.5) ?? 0;
}

/** The nearest value at or above the given share; undefined of nothing. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
