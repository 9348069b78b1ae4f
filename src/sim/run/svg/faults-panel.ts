/**
 * Faults as bands, in lanes by kind.
 *
 * Who calls it: the picture. Invariant: bands of one lane never overlap, and a label stays inside its band,
 * shortened or left out; the whole text is the band's tip.
 */
import { element, fitted, textAt, tip } from './markup.ts';
import { labelWidth, type Panel } from './panel.ts';
import type { Band } from './recorder.ts';
import type { TimeScale } from './scale.ts';
import { faultClasses } from './style.ts';

const laneHeight = 16;
const laneGap = 2;
const fontSize = 10;
/** A fault of an instant still has to be seen. */
const widthMin = 2;

interface Lane {
  readonly kind: string;
  readonly bands: Band[];
}

export function faultsPanel(bands: readonly Band[], scale: TimeScale): Panel | undefined {
  if (bands.length === 0) return undefined;
  const lanes = packLanes(bands);
  const kinds = [...new Set(lanes.map(({ kind }) => kind))];
  const rows = lanes.map((lane, i) => {
    const y = i * (laneHeight + laneGap);
    const label = lanes[i - 1]?.kind === lane.kind ? '' : labelOf(lane.kind, y);
    const className = `fault${kinds.indexOf(lane.kind) % faultClasses}`;
    return label + lane.bands.map((band) => drawBand(band, y, scale, className)).join('');
  });
  const height = lanes.length * (laneHeight + laneGap) - laneGap;
  const ground = element('rect', { x: 0, y: 0, width: scale.width, height, class: 'plot' });
  return { heading: 'Faults', height, body: ground + rows.join(''), legend: [] };
}

/** Kinds in the order of their first fault; one more lane where two of a kind overlap. */
export function packLanes(bands: readonly Band[]): Lane[] {
  const kinds = [...new Set(bands.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const lanes: Lane[] = [];
    for (const band of bands.filter((each) => each.kind === kind)) {
      const free = lanes.find(({ bands: taken }) => (taken.at(-1)?.to ?? 0) <= band.from);
      if (free === undefined) lanes.push({ kind, bands: [band] });
      else free.bands.push(band);
    }
    return lanes;
  });
}

function drawBand(band: Band, y: number, scale: TimeScale, className: string): string {
  const x = scale.x(band.from);
  const width = Math.max(widthMin, scale.x(band.to) - x);
  const label = fitted(detailOf(band), width - 8, fontSize);
  return element(
    'g',
    {},
    tip(`${band.text} (${seconds(band.from)} to ${seconds(band.to)})`),
    element('rect', { x, y, width, height: laneHeight, rx: Math.min(3, width / 2), class: className }),
    label === ''
      ? ''
      : textAt(x + 4, y + laneHeight - 4.5, label, {
          class: 'ink',
          'font-size': fontSize,
          style: `font-size:${fontSize}px`,
        }),
  );
}

/** The lane says the kind already. */
function detailOf({ kind, text }: Band): string {
  const rest = text.startsWith(kind) ? /^(?: of |: | )(.+)$/.exec(text.slice(kind.length)) : null;
  return rest?.[1] ?? text;
}

function labelOf(kind: string, y: number): string {
  return textAt(-8, y + laneHeight - 4, fitted(kind, labelWidth - 12, 11), { class: 'pale end' });
}

function seconds(at: number): string {
  return `${(at / 1000).toFixed(1)} s`;
}
