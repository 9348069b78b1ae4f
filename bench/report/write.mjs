// Puts a report into bench/results/ (Markdown, JSON, a chart) and its figures between two marks of bench/README.md.
// Who calls it: run.mjs, with `--write`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { figures, markdown } from './markdown.mjs';
import { svg } from './svg.mjs';

const folder = new URL('../results/', import.meta.url);
const readme = new URL('../README.md', import.meta.url);
const begin = '<!-- figures: begin -->';
const end = '<!-- figures: end -->';

export function writeReport(report) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('results.md', folder), markdown(report));
  writeFileSync(new URL('results.json', folder), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(new URL('chart.svg', folder), svg(report));
  writeFileSync(readme, between(readFileSync(readme, 'utf8'), figures(report)));
}

/** @throws Error when a mark is gone: what stands between them is replaced. */
function between(text, content) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`bench/README.md has no "${begin}" and "${end}"`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}
