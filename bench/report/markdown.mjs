// The report as Markdown: a row for each work and figure, a column for each system, skein's with the ratio to the
// best of the others. Used for bench/results/results.md and, between two marks, for bench/README.md.
import { byFigure, byWork, formatFigure, formatRange, shortcomings } from './format.mjs';

export function markdown(report) {
  return `# Results\n\n${preamble(report)}\n\n![The same as a chart](chart.svg)\n\n${tables(report)}\n`;
}

/** Without a heading of its own. */
export function figures(report) {
  return `${preamble(report)}\n\n${tables(report)}`;
}

function preamble({ environment, rounds, date, versions }) {
  const named = Object.entries(versions).map(([system, version]) => `${system} ${version}`);
  const first = `${date}: Node.js ${environment.node}, ${environment.cores} cores, ${environment.platform}, loopback; the median of ${rounds} rounds, and the least and the most of them.`;
  return named.length === 0 ? first : `${first} ${named.join(', ')}.`;
}

function tables(report) {
  const blocks = byWork(report.results).map(workTable);
  const notes = shortcomings(report).map((text) => `- ${text.replace(/\s*\n\s*/g, ' ')}`);
  return [...blocks, ...(notes.length === 0 ? [] : [notes.join('\n')])].join('\n\n');
}

function workTable(results) {
  const figures = byFigure(results);
  const systems = [...new Set(results.map(({ system }) => system))];
  const heads = figures.map(([{ label, unit }]) => (label === '' ? unit : `${label}, ${unit}`));
  const rows = systems.map((system) => [
    system,
    ...figures.map((figure) => cell(figure.find((result) => result.system === system))),
  ]);
  const lines = [['', ...heads], heads.map(() => '--:'), ...rows];
  lines[1].unshift('---');
  return `**${results[0].title}**\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
}

function cell(result) {
  if (result === undefined) return '';
  const range = formatRange(result);
  return range === '' ? formatFigure(result.median) : `${formatFigure(result.median)} (${range})`;
}
