// The report as Markdown: one table of all medians, which also goes between two marks of bench/README.md, then one
// for each piece of work with the spread.
import { byFigure, byWork, diskText, formatFigure, formatRange, shortcomings } from './format.mjs';
import { overview } from './overview.mjs';

export function markdown(report) {
  const details = byWork(report.results).map(workTable).join('\n\n');
  return `# Results\n\n${figures(report)}\n\n![The same as a chart](chart.svg)\n\n## With the spread\n\n${details}\n`;
}

/** What was measured, the overview, and what is missing in it. Without a heading of its own. */
export function figures(report) {
  const notes = shortcomings(report).map((text) => `- ${text.replace(/\s*\n\s*/g, ' ')}`);
  const parts = [preamble(report), toTable(overview(report.results)), notes.join('\n')];
  return parts.filter((part) => part !== '').join('\n\n');
}

function preamble({ environment, rounds, quick, date, versions }) {
  const named = Object.entries(versions).map(([system, version]) => `${system} ${version}`);
  const spread = rounds === 1 ? 'one round' : `the median of ${rounds} rounds`;
  const first = `${date}: Node.js ${environment.node}, ${environment.cores} cores, ${environment.platform}, loopback${diskText(environment)}; ${spread}${quick ? ' of a quick run' : ''}.`;
  return named.length === 0 ? first : `${first} ${named.join(', ')}.`;
}

function workTable(results) {
  const figures = byFigure(results);
  const systems = [...new Set(results.map(({ system }) => system))];
  const heads = figures.map(([{ label, unit }]) => (label === '' ? unit : `${label}, ${unit}`));
  const rows = systems.map((system) => [
    system,
    ...figures.map((figure) => cell(figure.find((result) => result.system === system))),
  ]);
  return `**${results[0].title}**\n\n${toTable([['', ...heads], ...rows])}`;
}

function cell(result) {
  if (result === undefined) return '';
  const range = formatRange(result);
  return range === '' ? formatFigure(result.median) : `${formatFigure(result.median)} (${range})`;
}

/** The first row is the heads; the first column is text, the others figures. */
function toTable([heads, ...rows]) {
  const rule = heads.map((_, column) => (column === 0 ? '---' : '--:'));
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
