// How figures are written, in every report alike: three digits that mean something, thousands by commas.

export function formatFigure(value) {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: Math.min(digits, 2) });
}

/** For narrow places: `11.4 M`, `700 k`. */
export function formatShort(value) {
  if (value >= 1e6) return `${formatFigure(value / 1e6)} M`;
  return value >= 1e4 ? `${formatFigure(value / 1e3)} k` : formatFigure(value);
}

/** The spread, or nothing where there was one round. */
export function formatRange({ min, max, rounds }) {
  return rounds > 1 ? `${formatFigure(min)}-${formatFigure(max)}` : '';
}

export function formatRatio(ratio) {
  return ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2);
}

/** Results by work, in the order in which they were measured. */
export function byWork(results) {
  const groups = new Map();
  for (const result of results) {
    if (!groups.has(result.work)) groups.set(result.work, []);
    groups.get(result.work).push(result);
  }
  return [...groups.values()];
}

/** The figures of one work, in order: each with its results. */
export function byFigure(results) {
  const figures = [...new Set(results.map(({ figure }) => figure))];
  return figures.map((figure) => results.filter((result) => result.figure === figure));
}

/** One sentence for each cell that is empty, and why. */
export function shortcomings({ leftOut, failures }) {
  return [
    ...leftOut.map(({ system, reason }) => `${system} is left out: ${reason}`),
    ...failures.map(({ work, system, message }) => `${system} FAILED at ${work}: ${message}`),
  ];
}

/** Where letters are among the works: what their disk is, and how long it takes. */
export function diskText({ disk }) {
  if (disk === undefined) return '';
  const { p50, p99 } = disk.syncUs;
  return `, ${disk.fileSystem} (a sync: p50 ${formatFigure(p50)} us, p99 ${formatFigure(p99)} us)`;
}
