/**
 * One line of the report: what was measured, what is wanted, whether it is reached.
 *
 * Who calls it: every measurement of the report makes some, `main.ts` prints them. Invariant: a figure
 * without a value was not reached.
 */
export interface Figure {
  readonly name: string;
  /** Undefined: it never came to that. */
  readonly value: number | undefined;
  readonly unit: string;
  /** At most this. */
  readonly goal: number;
  readonly note?: string;
}

export function isReached({ value, goal }: Figure): boolean {
  return value !== undefined && value <= goal;
}

/** As a Markdown table: it is pasted into the README. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, goal, note } = figure;
    const verdict = isReached(figure) ? '' : ' **missed**';
    return `| ${name}${note === undefined ? '' : ` (${note})`} | ${number(figure.value)} ${unit}${verdict} | ≤ ${goal} ${unit} |`;
  });
  return ['| figure | measured | goal |', '|---|---|---|', ...rows].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function number(value: number | undefined): string {
  if (value === undefined) return 'never';
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}
