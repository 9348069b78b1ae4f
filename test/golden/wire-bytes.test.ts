/**
 * The golden bytes of every message: what today's code encodes is what the file holds, what the file holds is
 * decoded as its fields say, and nothing that goes over the wire is without a sample.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formationVariants } from '../../src/features/formation/core/formation-messages.ts';
import { decodeHello } from '../../src/kernel/link/hello.ts';
import { wireVersion, wireVersionMin } from '../../src/kernel/wire/frame.ts';
import { FrameType as SessionFrameType } from '../../src/remote/session/frames.ts';
import { TestMesh } from '../core/harness.ts';
import { formationMessages } from '../samples/formation.ts';
import { wireSamples } from '../samples/index.ts';
import { differencesOf } from './difference.ts';
import { numberTables } from './number-tables.ts';
import {
  formatGolden,
  goldenEntries,
  goldenSample,
  readGolden,
  sampleKey,
  shownFields,
} from './wire-text.ts';

const text = readFileSync(new URL('./wire-bytes.txt', import.meta.url), 'utf8');
const golden = readGolden(text);

describe('the golden bytes', () => {
  test('are what every sample of every feature is encoded as today', () => {
    expect(differencesOf(golden, goldenEntries(wireSamples))).toEqual([]);
    expect(formatGolden(golden)).toBe(text);
  });

  test('are decoded by the code of today as the fields that stand beside them', () => {
    const wrong: string[] = [];
    for (const group of wireSamples) {
      for (const one of group.samples) {
        const key = sampleKey(group.name, one);
        const kept = goldenSample(golden.get(key) ?? '');
        const fields = kept === undefined ? 'no golden bytes' : shownFields(one.decode(kept.bytes));
        if (fields !== kept?.fields)
          wrong.push(`${key}: its golden bytes are decoded as ${fields}, and stand for ${kept?.fields}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('come from samples each of which decodes to the very fields it was encoded from', () => {
    for (const group of wireSamples) {
      for (const one of group.samples)
        expect({ [sampleKey(group.name, one)]: shownFields(one.decode(one.bytes)) }).toEqual({
          [sampleKey(group.name, one)]: shownFields(one.fields),
        });
    }
  });

  test('are of the wire versions that this build speaks', () => {
    expect(golden.get('wire version')).toBe(`${wireVersion}, lowest ${wireVersionMin}`);
  });
});

describe('nothing goes over the wire without a golden sample', () => {
  test('every message type of a feature has one', () => {
    const missing = wireSamples.flatMap(({ name, types, samples }) =>
      Object.keys(types)
        .filter((type) => !samples.some((one) => one.type === type))
        .map((type) => `${name} ${type} has no sample: add one to test/samples, then npm run wire:record`),
    );
    expect(missing).toEqual([]);
  });

  test('every table of numbers that the source exports is in a list of samples', async () => {
    // The golden bytes of sessions stand beside them, in src/remote/session/frames.test.ts.
    const known = new Set([
      SessionFrameType,
      ...wireSamples.flatMap(({ types, values }) => [types, ...Object.values(values)]),
    ]);
    const found = await numberTables();
    const missing = found.filter(({ table }) => !known.has(table));
    expect(
      missing.map(
        ({ place }) =>
          `${place} is in no list of test/samples: name it there as types or values, then npm run wire:record`,
      ),
    ).toEqual([]);
    expect(found.length).toBeGreaterThanOrEqual(10);
  });

  test('every feature of a node has a list', () => {
    const listed = wireSamples.map(({ name }) => name);
    const missing = featuresOfNode().filter((feature) => !listed.includes(feature));
    expect(
      missing.map((feature) => `${feature} has no list: add test/samples/${feature}.ts to its index`),
    ).toEqual([]);
  });

  test("every variant of the formation's messages has one", () => {
    expect(Object.keys(formationMessages).sort()).toEqual([...formationVariants].sort());
  });

  test('no two samples have one name, and no two types of a feature one number', () => {
    const keys = wireSamples.flatMap(({ name, samples }) => samples.map((one) => sampleKey(name, one)));
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    for (const { name, types } of wireSamples) {
      const numbers = Object.values(types);
      expect({ [name]: new Set(numbers).size }).toEqual({ [name]: numbers.length });
    }
  });
});

/** As a node names them in its hello. */
function featuresOfNode(): readonly string[] {
  const mesh = new TestMesh();
  const node = mesh.add('a');
  let said: readonly string[] = [];
  mesh.add('b');
  mesh.tamper = (bytes, from) => {
    const hello = from === node ? decodeHello(bytes.subarray(4 + 30)) : 'another';
    if (typeof hello !== 'string') said = hello.features;
    return bytes;
  };
  node.dial('b');
  mesh.run(100);
  return said;
}
