// Rounds: every system in turn on one piece of work, then all again, so that whatever else the machine does meets
// all alike. Who calls it: run.mjs, and the tests. Invariant: a system that fails once has no figure for that work.
import { casts } from './casts.mjs';
import { plays } from './matrix.mjs';
import { measure } from './measure.mjs';
import { spread, withRatios } from './statistics.mjs';

/** @returns {Promise<{ results: object[], failures: object[] }>} One result for each work, figure and system. */
export async function runRounds({
  works,
  systems,
  rounds,
  quick = false,
  shared = {},
  progress = () => undefined,
}) {
  const results = [];
  const failures = [];
  for (const work of works) {
    const playing = systems.filter((system) => plays(system, work));
    const samples = new Map(playing.map((system) => [system.name, []]));
    for (let round = 0; round < Math.min(rounds, work.roundsMax ?? rounds); round++) {
      for (const system of playing) {
        if (samples.get(system.name) === undefined) continue;
        progress(`${work.name}: ${system.name}, round ${round + 1}`);
        try {
          const scaled = scale(work, system, quick, results);
          const figures = await measure(system, { ...scaled, shared: shared[system.name] });
          samples.get(system.name).push(figures);
        } catch (error) {
          samples.delete(system.name);
          failures.push({ work: work.name, system: system.name, message: error.message });
        }
      }
    }
    results.push(...summarize(work, samples));
  }
  return { results: withRatios(results), failures };
}

/** Each does as much as takes it about the same time; at half load the rate is half of its own one-way rate. */
function scale(work, system, quick, results) {
  const whole = quick ? work.quick : work.count;
  const letters = quick ? work.quickLetters : work.letters;
  const times = quick ? work.quickTimes : work.times;
  const count = work.scaled ? Math.max(100, Math.round(whole * system.share)) : whole;
  if (work.shape !== 'half-load')
    return { ...work, count, ...(letters && { letters }), ...(times && { times }) };
  const own = results.find((one) => one.work === work.after && one.system === system.name);
  if (own === undefined) throw new Error(`${work.name} needs ${work.after} of ${system.name}`);
  return { ...work, rate: own.median / 2, seconds: quick ? work.seconds.quick : work.seconds.full };
}

/** One result for each figure and system, none for a system that failed. */
function summarize(work, samples) {
  return Object.entries(casts[work.shape].figures).flatMap(([figure, about]) =>
    [...samples].flatMap(([system, runs]) => {
      if (runs.length === 0 || runs[0][figure] === undefined) return [];
      const { unit, perMessage } = unitOf(work, about);
      const { name, title, after } = work;
      const what = { work: name, title, ...(after && { after }), figure, ...about, unit, system };
      return [{ ...what, ...spread(runs.map((figures) => figures[figure] * perMessage)) }];
    }),
  );
}

/** Of large bodies the rate in bytes is what one knows from elsewhere. */
function unitOf({ inBytes, bytes }, { unit }) {
  return inBytes ? { unit: 'MB/s', perMessage: bytes / 1e6 } : { unit, perMessage: 1 };
}
