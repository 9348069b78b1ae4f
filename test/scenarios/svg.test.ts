/** The picture of a run: well-formed whatever things are called, and no text on another. */
import { describe, expect, test } from 'vitest';
import { readScenario } from '../../src/sim/run/scenario/parse.ts';
import { runScenario } from '../../src/sim/run/scenario/run-scenario.ts';
import { packLanes } from '../../src/sim/run/svg/faults-panel.ts';
import { element, escaped, fitted, textWidth } from '../../src/sim/run/svg/markup.ts';
import { fillSlots } from '../../src/sim/run/svg/messages-panel.ts';
import { drawRun } from '../../src/sim/run/svg/picture.ts';
import type { RunRecord } from '../../src/sim/run/svg/recorder.ts';
import { countTicks, timeScale, timeText, timeTicks } from '../../src/sim/run/svg/scale.ts';

const texts = { title: 'a run', subtitle: 'seed 1' };

function recordOf(nodes: number, faults: number): RunRecord {
  const spans = [{ from: 0, to: 60_000, state: 'running', end: 'still' } as const];
  return {
    endMs: 60_000,
    nodes: Array.from({ length: nodes }, (_, i) => ({ name: `node-with-a-long-name-${i}`, spans })),
    bands: Array.from({ length: faults }, (_, i) => ({
      from: i * 400,
      to: i * 400 + 3000,
      kind: ['partition', 'loss', 'crash'][i % 3] as string,
      text: `partition of very many nodes, the ${i}th`,
    })),
    knowledge: [
      { at: 0, value: 0 },
      { at: 1000, value: 1 },
    ],
    links: [
      { at: 0, value: 0 },
      { at: 1000, value: 7 },
    ],
    messages: [{ at: 500, delivered: 3, missing: 1 }],
  };
}

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where each text stands, by the transforms around it. */
function textBoxes(svg: string): Box[] {
  const boxes: Box[] = [];
  const offsets: [number, number][] = [[0, 0]];
  for (const [, open, transform, close, attributes, content] of svg.matchAll(
    /<(g)(?: transform="translate\(([^)]*)\)")?[^>]*(?<!\/)>|<(\/g)>|<text ([^>]*)>([^<]*)<\/text>/g,
  )) {
    const [x, y] = offsets.at(-1) as [number, number];
    if (open !== undefined) {
      const [dx = 0, dy = 0] = (transform ?? '0 0').split(' ').map(Number);
      offsets.push([x + dx, y + dy]);
    } else if (close !== undefined) offsets.pop();
    else boxes.push(boxOf(attributes as string, content as string, x, y));
  }
  return boxes;
}

function boxOf(attributes: string, content: string, x: number, y: number): Box {
  const value = (name: string) => Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1]);
  const size = attributes.includes('title') ? 17 : attributes.includes('small') ? 9 : 11;
  const width = textWidth(content, size);
  const left =
    x + value('x') - (attributes.includes('end') ? width : attributes.includes('middle') ? width / 2 : 0);
  const bottom = y + value('y');
  return { text: content, left, right: left + width, top: bottom - size * 0.8, bottom };
}

function overlaps(boxes: readonly Box[]): string[] {
  return boxes.flatMap((one, i) =>
    boxes
      .slice(i + 1)
      .filter(
        (two) => one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom,
      )
      .map((two) => `${one.text} / ${two.text}`),
  );
}

describe('no text stands on another', () => {
  test.each([
    [3, 1],
    [20, 30],
    [60, 120],
    [150, 0],
    [400, 5],
  ])('%i nodes, %i faults', (nodes, faults) => {
    const boxes = textBoxes(drawRun(recordOf(nodes, faults), texts));
    expect(boxes.length).toBeGreaterThan(20);
    expect(overlaps(boxes)).toEqual([]);
    expect(boxes.filter(({ left, right }) => left < 0 || right > 1000)).toEqual([]);
  });

  test('and the check would see it', () => {
    const svg =
      '<g transform="translate(5 5)"><text x="0" y="10">one</text></g><text x="6" y="14">two</text>';
    expect(overlaps(textBoxes(svg))).toEqual(['one / two']);
  });
});

test('whatever things are called, the picture is well-formed', () => {
  const nasty = '<script>alert("&")</script>\u0007';
  const record = { ...recordOf(2, 0), bands: [{ from: 0, to: 60_000, kind: nasty, text: nasty }] };
  const svg = drawRun(record, { title: nasty, subtitle: nasty });
  expect(svg).not.toContain('<script');
  expect(svg).not.toContain('\u0007');
  expect(svg.match(/<g[ >]/g)?.length).toBe(svg.match(/<\/g>/g)?.length);
  expect(escaped(`a<b>&"'`)).toBe('a&#60;b&#62;&#38;&#34;&#39;');
  expect(element('a', { x: 1 / 3, y: undefined })).toBe('<a x="0.33"/>');
});

test('a picture shows the run: its faults, its ends, its light and its dark', async () => {
  const steps = [
    { start: 'all' },
    { expect: { together: 'all' } },
    { after: '1s', partition: ['n1'], for: '2s' },
    { after: '4s', crash: 'n2' },
    { stop: 'n3' },
    { after: '1s', broadcast: 'n1' },
  ];
  const { record, report } = await runScenario(readScenario({ nodes: 4, steps }));
  const ends = record.nodes.map(({ spans }) => spans.at(-1)?.end);
  expect(ends).toEqual(['still', 'crash', 'left', 'still']);
  expect(record.bands).toEqual([
    { from: expect.any(Number), to: expect.any(Number), kind: 'partition', text: 'partition n1' },
  ]);
  expect(record.knowledge.some(({ value }) => value === 1)).toBe(true);
  expect(record.messages).toEqual([{ at: expect.any(Number), delivered: 1, missing: 0 }]);
  expect(record.endMs).toBe(report.virtualMs);
  const svg = drawRun(record, texts);
  for (const part of [
    'prefers-color-scheme:dark',
    '>killed<',
    '>left<',
    '>partition<',
    '>virtual time<',
    'role="img"',
  ])
    expect(svg).toContain(part);
});

test('bands that overlap stand in lanes of their own, by kind', () => {
  const band = (kind: string, from: number, to: number) => ({ kind, from, to, text: kind });
  const lanes = packLanes([band('a', 0, 5), band('b', 1, 2), band('a', 3, 8), band('a', 6, 9)]);
  expect(lanes.map(({ kind, bands }) => `${kind} ${bands.length}`)).toEqual(['a 2', 'a 1', 'b 1']);
});

test('every recipient stands in one bar', () => {
  const slots = fillSlots(
    [
      { at: 0, delivered: 2, missing: 1 },
      { at: 100, delivered: 1, missing: 0 },
    ],
    100,
  );
  expect([slots[0], slots.at(-1)]).toEqual([
    { delivered: 2, missing: 1 },
    { delivered: 1, missing: 0 },
  ]);
});

test('ticks are round and few', () => {
  expect(countTicks(7)).toEqual({ top: 8, ticks: [0, 2, 4, 6, 8] });
  expect(countTicks(0)).toEqual({ top: 1, ticks: [0, 1] });
  expect(timeTicks(30_000, 12)).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000, 30_000]);
  expect([timeText(2500, 10_000), timeText(90_000, 300_000), timeText(120_000, 300_000)]).toEqual([
    '2.5 s',
    '1:30',
    '2 min',
  ]);
  expect(timeScale(0, 100).x(5)).toBe(100);
  expect([fitted('a long label', 40, 10), fitted('a long label', 12, 10)]).toEqual(['a lon…', '']);
});
