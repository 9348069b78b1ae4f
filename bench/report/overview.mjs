// All figures in one table: a row for each piece of work and figure, a column for each system, then how skein stands
// to the limit and to the best of its rivals. Who calls it: markdown.mjs. Medians alone; the spread is elsewhere.
import { byFigure, byWork, formatRatio, formatShort } from './format.mjs';

const own = 'skein-tls';
const limits = ['raw', 'raw-tls'];
const notRivals = [...limits, 'skein', own];

/** @returns {string[][]} The heads, then the rows. */
export function overview(results) {
  const systems = [...new Set(results.map(({ system }) => system))];
  const heads = ['', 'unit', ...systems, ...limits.map((limit) => `${own} to ${limit}`), 'to the best rival'];
  const rows = byWork(results).flatMap((work) => byFigure(work).map((figure) => row(figure, systems)));
  return [heads, ...rows];
}

function row(figure, systems) {
  const of = (system) => figure.find((result) => result.system === system);
  const { title, label, unit } = figure[0];
  const medians = systems.map((system) => (of(system) === undefined ? '' : formatShort(of(system).median)));
  const toLimits = limits.map((limit) => ratio(of(own), of(limit)));
  const rival = bestOf(figure.filter(({ system }) => !notRivals.includes(system)));
  const toRival = rival === undefined ? toOwn(of(own)) : named(ratio(of(own), rival), rival.system);
  return [label === '' ? title : `${title}: ${label}`, unit, ...medians, ...toLimits, toRival];
}

/** Where there are no rivals, a work may be compared with another of skein's own. */
function toOwn(mine) {
  const known = mine?.ratios[mine.after];
  return known === undefined ? '' : named(`${formatRatio(known)} x`, `its own ${mine.after}`);
}

function named(told, by) {
  return told === '' ? '' : `${told} (${by})`;
}

function ratio(mine, other) {
  return mine === undefined || other === undefined ? '' : `${formatRatio(mine.median / other.median)} x`;
}

function bestOf(results) {
  const sign = results[0]?.better === 'less' ? 1 : -1;
  return [...results].sort((a, b) => sign * (a.median - b.median))[0];
}
