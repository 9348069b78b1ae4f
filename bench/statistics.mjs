// From samples to what is reported: medians with their spread, and ratios within one run.

export function spread(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1
      ? sorted[Math.floor(middle)]
      : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds: sorted.length };
}

/** What others are compared with: the limits, and skein with its key. */
const references = ['raw', 'raw-tls', 'skein', 'skein-tls'];

/**
 * Gives each result the ratio of its median to that of each reference in the same figure of the same work, and to
 * its own system's one-way rate where the work says so.
 */
export function withRatios(results) {
  const find = (work, figure, system) =>
    results.find((one) => one.work === work && one.figure === figure && one.system === system);
  return results.map((result) => {
    const ratios = {};
    for (const system of references) {
      const reference = system === result.system ? undefined : find(result.work, result.figure, system);
      if (reference !== undefined) ratios[system] = result.median / reference.median;
    }
    const own = result.after === undefined ? undefined : find(result.after, result.figure, result.system);
    if (own !== undefined && own.unit === result.unit) ratios[result.after] = result.median / own.median;
    return { ...result, ratios };
  });
}
