/**
 * One value over time, as steps above an axis.
 *
 * Who calls it: the picture, for knowledge and links. Invariant: a value holds until the next point; the
 * axis begins at 0.
 */
import { element, short } from './markup.ts';
import { countGrid, type Panel } from './panel.ts';
import type { Point } from './recorder.ts';
import { countTicks, type TimeScale } from './scale.ts';

const defaultHeight = 84;

export interface SeriesOptions {
  readonly heading: string;
  readonly points: readonly Point[];
  readonly scale: TimeScale;
  /** Of the line; `...Area` of what is below. */
  readonly className: 'known' | 'links';
  /** Values are shares: 0 to 100 %. */
  readonly asPercent?: boolean;
}

export function seriesPanel({ heading, points, scale, className, asPercent = false }: SeriesOptions): Panel {
  const height = defaultHeight;
  const max = points.reduce((most, { value }) => Math.max(most, value), 0);
  const { top, ticks } = asPercent ? { top: 1, ticks: [0, 0.5, 1] } : countTicks(max);
  const y = (value: number) => height - (value / top) * height;
  const line = steps(points, scale, y);
  const texts = ticks.map((tick) => ({ y: y(tick), text: asPercent ? `${tick * 100}%` : String(tick) }));
  const body = [
    countGrid(scale, height, texts),
    element('path', { d: `${line}V${height}H0Z`, class: `area ${className}Area` }),
    element('path', { d: line, class: `line ${className}` }),
  ].join('');
  return { heading, height, body, legend: [] };
}

function steps(points: readonly Point[], scale: TimeScale, y: (value: number) => number): string {
  const [first] = points;
  const rest = points.slice(1).map(({ at, value }) => `H${short(scale.x(at))}V${short(y(value))}`);
  return `M${short(scale.x(first?.at ?? 0))} ${short(y(first?.value ?? 0))}${rest.join('')}`;
}
