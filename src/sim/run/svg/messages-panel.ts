/**
 * Messages: receipts that came and recipients that are missing, by the time their sender was told.
 *
 * Who calls it: the picture, where there were messages. Invariant: every recipient stands in exactly one
 * bar; bars of one slot are stacked, so that their height is the number of recipients.
 */
import { element } from './markup.ts';
import { countGrid, type Panel, swatch } from './panel.ts';
import type { MessagePoint } from './recorder.ts';
import { countTicks, type TimeScale } from './scale.ts';

const height = 70;
const slots = 120;

interface Slot {
  delivered: number;
  missing: number;
}

export function messagesPanel(messages: readonly MessagePoint[], scale: TimeScale): Panel | undefined {
  if (messages.length === 0) return undefined;
  const filled = fillSlots(messages, scale.endMs);
  const max = Math.max(...filled.map(({ delivered, missing }) => delivered + missing));
  const { top, ticks } = countTicks(max, 3);
  const texts = ticks.map((tick) => ({ y: height - (tick / top) * height, text: String(tick) }));
  const width = scale.width / slots;
  const bars = filled.map((slot, i) => drawSlot(slot, i * width, width, height / top));
  return {
    heading: 'Recipients of messages, when their sender was told',
    height,
    body: countGrid(scale, height, texts) + bars.join(''),
    legend: [
      { sign: swatch('delivered'), text: 'delivered' },
      { sign: swatch('missing'), text: 'missing' },
    ],
  };
}

export function fillSlots(messages: readonly MessagePoint[], endMs: number): Slot[] {
  const filled = Array.from({ length: slots }, (): Slot => ({ delivered: 0, missing: 0 }));
  for (const { at, delivered, missing } of messages) {
    const slot = filled[Math.min(slots - 1, Math.floor((at / endMs) * slots))] as Slot;
    slot.delivered += delivered;
    slot.missing += missing;
  }
  return filled;
}

function drawSlot({ delivered, missing }: Slot, x: number, width: number, pixelsPerOne: number): string {
  const bar = (className: string, from: number, count: number) =>
    count === 0
      ? ''
      : element('rect', {
          x: x + width * 0.1,
          y: height - (from + count) * pixelsPerOne,
          width: width * 0.8,
          height: count * pixelsPerOne,
          class: className,
        });
  return bar('delivered', 0, delivered) + bar('missing', delivered, missing);
}
