/**
 * The picture of a run: faults, nodes, what they know of each other, links and messages above one time axis.
 *
 * Who calls it: `skein sim --svg`. Invariant: one file that needs nothing else, readable on a light and on a
 * dark page, whose texts never touch, however many nodes and faults there were.
 */
import { faultsPanel } from './faults-panel.ts';
import { element, escaped, fitted, short, textAt, textWidth } from './markup.ts';
import { messagesPanel } from './messages-panel.ts';
import { nodesPanel } from './nodes-panel.ts';
import { type LegendItem, labelWidth, type Panel } from './panel.ts';
import type { Band, RunRecord } from './recorder.ts';
import { type TimeScale, timeScale, timeText, timeTicks } from './scale.ts';
import { seriesPanel } from './series-panel.ts';
import { styleText } from './style.ts';

const width = 1000;
const margin = 24;
const plotWidth = width - labelWidth - 2 * margin;
const headHeight = 62;
const headingHeight = 28;
const axisHeight = 44;
const fontSize = 11;
/** More shades than this over each other would be a fog. */
const shadesMax = 12;
const timeTicksMax = 12;

export interface PictureTexts {
  readonly title: string;
  readonly subtitle: string;
}

/** A picture of a run as SVG text: lives, knowledge, links, messages and faults over time. */
export function drawRun(record: RunRecord, { title, subtitle }: PictureTexts): string {
  const scale = timeScale(record.endMs, plotWidth);
  const panels = panelsOf(record, scale);
  const heights = panels.map((panel) => headingHeight + panel.height);
  const plotsHeight = heights.reduce((sum, height) => sum + height, 0);
  const height = headHeight + plotsHeight + axisHeight;
  const tops = heights.map((_, i) => headHeight + heights.slice(0, i).reduce((sum, each) => sum + each, 0));
  const size = { width, height: Math.ceil(height) };
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      ...size,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: 'img',
      'aria-label': `${title}, ${subtitle}`,
    },
    `<style>${styleText()}</style>`,
    element('rect', { ...size, class: 'page' }),
    textAt(margin, 32, fitted(title, width - 2 * margin, 17), { class: 'ink title' }),
    textAt(margin, 51, fitted(subtitle, width - 2 * margin, fontSize), { class: 'pale' }),
    at(
      margin + labelWidth,
      headHeight + headingHeight,
      shades(record.bands, scale, plotsHeight - headingHeight),
    ),
    ...panels.map((panel, i) => drawPanel(panel, tops[i] as number)),
    at(margin + labelWidth, headHeight + plotsHeight, timeAxis(scale)),
  )}\n`;
}

function panelsOf(record: RunRecord, scale: TimeScale): Panel[] {
  const known = { heading: 'Pairs that know each other', points: record.knowledge, asPercent: true };
  const panels = [
    faultsPanel(record.bands, scale),
    nodesPanel(record.nodes, scale),
    seriesPanel({ ...known, scale, className: 'known' }),
    seriesPanel({ heading: 'Links', points: record.links, scale, className: 'links' }),
    messagesPanel(record.messages, scale),
  ];
  return panels.filter((panel) => panel !== undefined);
}

function drawPanel(panel: Panel, top: number): string {
  const heading = textAt(0, -6, panel.heading, { class: 'ink heading' });
  return at(margin + labelWidth, top + headingHeight, heading, drawLegend(panel.legend), panel.body);
}

/** To the right, above the plot. */
function drawLegend(items: readonly LegendItem[]): string {
  let x = plotWidth;
  return items
    .toReversed()
    .map(({ sign, text }) => {
      x -= textWidth(text, fontSize);
      const label = textAt(x, -6, text, { class: 'pale' });
      x -= 18;
      const drawn = label + at(x, -14.5, sign);
      x -= 14;
      return drawn;
    })
    .join('');
}

/** Where the network was disturbed: behind all panels. */
function shades(bands: readonly Band[], scale: TimeScale, height: number): string {
  if (bands.length > shadesMax) return '';
  return bands
    .map(({ from, to }) =>
      element('rect', { x: scale.x(from), y: 0, width: scale.x(to) - scale.x(from), height, class: 'shade' }),
    )
    .join('');
}

function timeAxis(scale: TimeScale): string {
  const ticks = timeTicks(scale.endMs, timeTicksMax);
  return [
    element('path', { d: `M0 4H${scale.width}`, class: 'axis' }),
    ...ticks.map((tick) => element('path', { d: `M${short(scale.x(tick))} 4v5`, class: 'axis' })),
    ...ticks.map((tick) => textAt(scale.x(tick), 21, timeText(tick, scale.endMs), { class: 'pale middle' })),
    textAt(scale.width / 2, 36, 'virtual time', { class: 'pale middle' }),
  ].join('');
}

function at(x: number, y: number, ...children: readonly string[]): string {
  return element('g', { transform: `translate(${escaped(short(x))} ${escaped(short(y))})` }, ...children);
}
