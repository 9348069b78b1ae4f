// The report as a chart: for each work and figure a row of horizontal bars, one for each system, each as long as its
// part of the longest, with a line from the least to the most. Plain SVG, light and dark by the reader's setting.
import { byFigure, byWork, formatFigure } from './format.mjs';

const width = 860;
const left = 110;
const right = 150;
const barHeight = 14;
const barGap = 4;
const titleHeight = 30;
const groupGap = 14;
const margin = 16;

const style = `
  text { font: 12px system-ui, sans-serif; fill: #222 }
  .title { font-weight: 600 }
  .bar { fill: #9aa5b1 }
  .own { fill: #2563eb }
  .spread { stroke: #222; stroke-width: 1 }
  .ground { fill: #fff }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .bar { fill: #6b7683 } .own { fill: #60a5fa } .spread { stroke: #ddd } .ground { fill: #111 }
  }`;

export function svg({ results }) {
  let y = margin;
  const groups = byWork(results).flatMap((work) =>
    byFigure(work).map((figure) => {
      const drawn = group(figure, y);
      y += titleHeight + figure.length * (barHeight + barGap) + groupGap;
      return drawn;
    }),
  );
  const size = `width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">\n<title>skein and others on the same work</title>\n<style>${style}\n</style>\n<rect class="ground" width="100%" height="100%"/>\n${groups.join('\n')}\n</svg>\n`;
}

function group(figure, top) {
  const [{ title, label, unit, better }] = figure;
  const longest = Math.max(...figure.map(({ max }) => max));
  const scale = (value) => (value / longest) * (width - left - right);
  const heading = `${title}${label === '' ? '' : `: ${label}`} (${unit}, ${better === 'more' ? 'more' : 'less'} is better)`;
  const bars = figure.map((result, row) =>
    bar(result, top + titleHeight + row * (barHeight + barGap), scale),
  );
  return `${text(margin, top + 18, heading, 'title')}\n${bars.join('\n')}`;
}

function bar({ system, median, min, max, rounds }, top, scale) {
  const middle = top + barHeight / 2;
  const baseline = top + barHeight - 3;
  const className = system.startsWith('skein') ? 'own' : 'bar';
  const spread = `<line class="spread" x1="${at(left + scale(min))}" x2="${at(left + scale(max))}" y1="${middle}" y2="${middle}"/>`;
  return [
    text(margin, baseline, system),
    `<rect class="${className}" x="${left}" y="${top}" width="${at(scale(median))}" height="${barHeight}"/>`,
    rounds > 1 ? spread : '',
    text(left + scale(max) + 6, baseline, formatFigure(median)),
  ].join('');
}

function text(x, y, content, className) {
  const named = className === undefined ? '' : ` class="${className}"`;
  return `<text x="${at(x)}" y="${y}"${named}>${escaped(content)}</text>`;
}

function at(value) {
  return Number(value.toFixed(1));
}

function escaped(content) {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
