/**
 * Nodes over time: a row each while there is room, else how many run.
 *
 * Who calls it: the picture. Invariant: rows never overlap, and where they are too thin for a name each,
 * every second or fifth has one; the name is every row's tip.
 */
import { element, fitted, textAt, tip } from './markup.ts';
import { type LegendItem, labelWidth, type Panel, swatch } from './panel.ts';
import type { EndReason, RunRecord, Span } from './recorder.ts';
import type { TimeScale } from './scale.ts';
import { seriesPanel } from './series-panel.ts';

type NodeRow = RunRecord['nodes'][number];

/** More rows than this would be a wall. */
const rowsMax = 150;
const fontSize = 9;
const labelPitchMin = 11;

export function nodesPanel(nodes: readonly NodeRow[], scale: TimeScale): Panel {
  if (nodes.length > rowsMax) return crowdPanel(nodes, scale);
  const pitch = nodes.length <= 20 ? 14 : nodes.length <= 40 ? 10 : nodes.length <= 80 ? 6.5 : 4;
  const labelEvery = [1, 2, 5, 10].find((every) => every * pitch >= labelPitchMin) ?? 10;
  const rows = nodes.map((node, i) => drawRow(node, i * pitch, pitch, i % labelEvery === 0, scale));
  const height = nodes.length * pitch;
  const ground = element('rect', { x: 0, y: 0, width: scale.width, height, class: 'plot' });
  return { heading: 'Nodes', height, body: ground + rows.join(''), legend: legendOf(nodes) };
}

function drawRow(
  { name, spans }: NodeRow,
  y: number,
  pitch: number,
  labeled: boolean,
  scale: TimeScale,
): string {
  const thickness = pitch * 0.7;
  const middle = y + pitch / 2;
  const label = fitted(name, labelWidth - 12, fontSize);
  return element(
    'g',
    {},
    tip(name),
    labeled ? textAt(-8, middle + 3, label, { class: 'pale end small' }) : '',
    ...spans.map((span) => drawSpan(span, middle - thickness / 2, thickness, scale)),
    ...spans.map((span) => drawEnd(span.end, scale.x(span.to), middle, Math.min(3.2, pitch / 2))),
  );
}

function drawSpan({ from, to, state }: Span, y: number, height: number, scale: TimeScale): string {
  const x = scale.x(from);
  return element('rect', { x, y, width: Math.max(0.5, scale.x(to) - x), height, class: state });
}

function drawEnd(end: EndReason, x: number, y: number, size: number): string {
  switch (end) {
    case 'crash':
      return element('path', {
        d: `M${cross(x, y, size)}`,
        class: 'crashed',
      });
    case 'vanish':
      return element('circle', { cx: x, cy: y, r: size, class: 'crashed' });
    case 'left':
      return element('circle', { cx: x, cy: y, r: size * 0.8, class: 'left' });
    case 'ended':
      return element('path', { d: diamond(x, y, size + 0.6), class: 'gave' });
    case 'turned':
    case 'still':
      return '';
  }
}

function cross(x: number, y: number, size: number): string {
  const [left, right, top, bottom] = [x - size, x + size, y - size, y + size].map(
    (value) => Math.round(value * 100) / 100,
  );
  return `${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}`;
}

function diamond(x: number, y: number, size: number): string {
  const points = [
    [x, y - size],
    [x + size, y],
    [x, y + size],
    [x - size, y],
  ];
  return `M${points.map((point) => point.map((value) => Math.round(value * 100) / 100).join(' ')).join('L')}Z`;
}

/** Only what there is to see. */
function legendOf(nodes: readonly NodeRow[]): LegendItem[] {
  const spans = nodes.flatMap((node) => node.spans);
  const ends: readonly (readonly [EndReason, string])[] = [
    ['crash', 'killed'],
    ['vanish', 'vanished'],
    ['left', 'left'],
    ['ended', 'gave way'],
  ];
  return [
    { sign: swatch('running'), text: 'running' },
    ...(spans.some(({ state }) => state === 'paused') ? [{ sign: swatch('paused'), text: 'paused' }] : []),
    ...ends
      .filter(([end]) => spans.some((span) => span.end === end))
      .map(([end, text]) => ({ sign: drawEnd(end, 7, 5, 3.2), text })),
  ];
}

/** Too many for rows: how many run. */
function crowdPanel(nodes: readonly NodeRow[], scale: TimeScale): Panel {
  const changes = nodes
    .flatMap(({ spans }) =>
      spans.flatMap(({ from, to, end }) => [
        { at: from, by: 1 },
        ...(end === 'still' ? [] : [{ at: to, by: -1 }]),
      ]),
    )
    .sort((a, b) => a.at - b.at);
  let running = 0;
  const points = changes.map(({ at, by }) => {
    running += by;
    return { at, value: running };
  });
  return seriesPanel({
    heading: 'Running nodes',
    points: [{ at: 0, value: 0 }, ...points, { at: scale.endMs, value: running }],
    scale,
    className: 'known',
  });
}
