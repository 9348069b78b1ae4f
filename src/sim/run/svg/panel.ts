/**
 * What a panel of the picture is: a heading, a plot of a certain height, and what its signs mean.
 *
 * Who calls it: the picture stacks them above one time axis. Invariant: a panel draws inside its own height
 * and the plot's width; to the left of 0 stand its labels, which fit `labelWidth`.
 */
import { element, textAt } from './markup.ts';
import type { TimeScale } from './scale.ts';

/** To the left of every plot. */
export const labelWidth = 92;

export interface LegendItem {
  /** A small drawing, 14 wide and 10 high. */
  readonly sign: string;
  readonly text: string;
}

export interface Panel {
  readonly heading: string;
  readonly height: number;
  /** In coordinates of its own: 0, 0 is the plot's upper left corner. */
  readonly body: string;
  readonly legend: readonly LegendItem[];
}

export function swatch(className: string): string {
  return element('rect', { x: 0, y: 1, width: 14, height: 8, rx: 2, class: className });
}

/** The plot's ground, with a line and a number for each tick of a count. */
export function countGrid(
  scale: TimeScale,
  height: number,
  ticks: readonly { readonly y: number; readonly text: string }[],
): string {
  return [
    element('rect', { x: 0, y: 0, width: scale.width, height, class: 'plot' }),
    ...ticks.map(({ y }) => element('path', { d: `M0 ${y}H${scale.width}`, class: 'grid' })),
    ...ticks.map(({ y, text }) => textAt(-8, y + 3.5, text, { class: 'pale end' })),
  ].join('');
}
