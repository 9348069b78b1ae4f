/**
 * Recorded sessions against the code of today: each node of each session is played again, and what its program sees
 * and what it says must be what was recorded.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { wireVersion, wireVersionMin } from '../../src/kernel/wire/frame.ts';
import { wireSamples } from '../samples/index.ts';
import { differencesSaid, differencesSeen, saidBy } from './session/compare.ts';
import { framesOf } from './session/frames.ts';
import { play } from './session/play.ts';
import { record } from './session/record.ts';
import { scripts } from './session/scripts.ts';
import { formatSession, readSession } from './session/session.ts';

const folder = new URL('./sessions/', import.meta.url);
/** Those of releases lie in folders: what programs see stays, but nodes of today may say it otherwise. */
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.txt'),
);
const texts = new Map(files.sort().map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]));

describe.each([...texts])('the recorded session %s', (file, text) => {
  const session = readSession(text);
  const nodes = session.nodes.map(({ address }) => address);
  const isOfToday = !/[\\/]/.test(file);

  test.each(nodes)(
    'is seen by the program at %s as it was recorded, when a node of today is told what was told then',
    (node) => {
      expect(differencesSeen(session, node, play(session, node))).toEqual([]);
    },
  );

  test.each(isOfToday ? nodes : [])(
    'has a node of today at %s say the very bytes that were recorded',
    (node) => {
      expect(differencesSaid(session, node, play(session, node))).toEqual([]);
    },
  );

  test('is of a wire version that is spoken today, and is read as it was written', () => {
    expect(session.wireVersion).toBeGreaterThanOrEqual(wireVersionMin);
    expect(session.wireVersion).toBeLessThanOrEqual(wireVersion);
    expect(formatSession(session) === text).toBe(true);
    expect(session.events.filter(({ what }) => what === 'sees').length).toBeGreaterThan(0);
  });
});

test('a node that waits otherwise says other bytes, and its program sees what was recorded all the same', () => {
  const session = readSession(texts.get('calls.txt') ?? '');
  const nodes = session.nodes.map((node) => ({ ...node, syncPeriodMs: 2 * node.syncPeriodMs }));
  for (const { address } of nodes) {
    const played = play({ ...session, nodes }, address);
    expect(differencesSaid(session, address, played)).not.toEqual([]);
    expect(differencesSeen(session, address, played)).toEqual([]);
  }
});

test('every script is recorded, and every recorded session has its script', () => {
  const recorded = [...texts.keys()].filter((file) => !/[\\/]/.test(file));
  expect(recorded).toEqual(
    Object.keys(scripts)
      .map((name) => `${name}.txt`)
      .sort(),
  );
});

test('a session is recorded alike twice, byte for byte', () => {
  const [once, again] = [1, 2].map(() =>
    Object.values(scripts).map((script) => formatSession(record(script))),
  );
  expect(again).toEqual(once);
});

test('every message type of every feature is said in some recorded session', () => {
  const said = new Set<string>();
  for (const text of texts.values()) {
    const session = readSession(text);
    for (const { address } of session.nodes)
      for (const bytes of saidBy(session, address).values())
        for (const { feature, type } of framesOf(bytes)) said.add(`${feature} ${type}`);
  }
  const missing = wireSamples.flatMap(({ name, number, types }) =>
    Object.entries(number === undefined ? {} : types)
      .filter(([, type]) => !said.has(`${number} ${type}`))
      .map(
        ([type]) =>
          `${name} ${type} is said in no session: add it to a script in test/golden/session/scripts.ts, ` +
          'then npm run wire:record',
      ),
  );
  expect(missing).toEqual([]);
});
