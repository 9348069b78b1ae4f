// From samples to what is reported: medians with their spread, and ratios within one run.

export function spread(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds: sorted.length };
}

/**
 * What each is compared with: skein and its rivals with the limits, skein with its key also with skein without, and
 * the rivals with skein as it is meant to be used.
 */
function referencesOf(system) {
  if (system === 'raw') return [];
  if (system === 'raw-tls') return ['raw'];
  if (system === 'skein') return ['raw', 'raw-tls'];
  return ['raw', 'raw-tls', system === 'skein-tls' ? 'skein' : 'skein-tls'];
}

/**
 * Gives each result the ratio of its median to that of each reference in the same figure of the same work, and to
 * its own system's rate in another work where the work says so.
 */
export function withRatios(results) {
  const find = (work, figure, system) =>
    results.find((one) => one.work === work && one.figure === figure && one.system === system);
  return results.map((result) => {
    const ratios = {};
    for (const system of referencesOf(result.system)) {
      const reference = find(result.work, result.figure, system);
      if (reference !== undefined) ratios[system] = result.median / reference.median;
    }
    const own = result.after === undefined ? undefined : find(result.after, result.figure, result.system);
    if (own !== undefined && own.unit === result.unit) ratios[result.after] = result.median / own.median;
    return { ...result, ratios };
  });
}
