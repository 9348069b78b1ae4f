// The report on the terminal: a block for each work, a line for each figure and system, with its ratios.
import {
  byFigure,
  byWork,
  diskText,
  formatFigure,
  formatRange,
  formatRatio,
  shortcomings,
} from './format.mjs';

export function table(report) {
  const { environment, rounds } = report;
  const head = `Node.js ${environment.node}, ${environment.cores} cores, ${environment.platform}${diskText(environment)}; median (min-max) of ${rounds} round${rounds === 1 ? '' : 's'}`;
  const blocks = byWork(report.results).map((results) => [results[0].title, ...lines(results)].join('\n'));
  return [head, ...blocks, ...shortcomings(report)].join('\n\n');
}

function lines(results) {
  return byFigure(results).flatMap((figure) => figure.map(line));
}

function line(result) {
  const { system, label, unit, median, ratios } = result;
  const compared = Object.entries(ratios).map(([to, ratio]) => `${formatRatio(ratio)} x ${to}`);
  const range = formatRange(result);
  return [
    `  ${system.padEnd(10)}`,
    label.padEnd(13),
    formatFigure(median).padStart(11),
    unit.padEnd(13),
    (range && `(${range})`).padEnd(24),
    compared.join(', '),
  ]
    .join(' ')
    .trimEnd();
}
