import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { generationMax, homeOfNote, outranksHome } from './home.ts';
import { decodeSection, encodeSection, type Section } from './section.ts';

const store = fc.stringMatching(/^[0-9a-f]{32}$/);
const home = fc.record({
  store,
  generation: fc.integer({ min: 0, max: 3 }),
  since: fc.integer({ min: 0, max: 3 }),
  host: fc.constantFrom('', 'rack-4'),
});
const section = fc
  .record({
    canKeep: fc.boolean(),
    hasHome: fc.constant(false),
    home: fc.option(home, { nil: undefined }),
    keeper: fc.constantFrom(undefined, 'a'),
    isNobody: fc.boolean(),
    turns: fc.constantFrom([0, 0], [2 ** 50, 7]),
  })
  .map(({ turns: [keepsFor, turn], ...said }) => ({ ...said, keepsFor, turn }) as Section);

test('what is announced of the swarm is read as it was written, and later versions may add to it', () => {
  void fc.assert(
    fc.property(section, (said) => {
      const bytes = encodeSection(said);
      expect(decodeSection(bytes)).toEqual(said);
      expect(decodeSection(new Uint8Array([...bytes, 1, 2, 3]))).toEqual(said);
    }),
  );
});

test('what is cut short, or beyond its limits, is none', () => {
  void fc.assert(
    fc.property(section, fc.nat(200), (said, cut) => {
      const bytes = encodeSection(said);
      if (cut < bytes.length) expect(decodeSection(bytes.subarray(0, cut))).toBeUndefined();
    }),
  );
  void fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeSection(bytes)));
  const far = { store: '0'.repeat(32), generation: generationMax + 1, since: 1, host: '' };
  const said = {
    canKeep: true,
    hasHome: true,
    home: far,
    keeper: undefined,
    isNobody: false,
    keepsFor: 0,
    turn: 0,
  };
  expect(decodeSection(encodeSection(said))).toBeUndefined();
  const fit = { ...said, home: { ...far, generation: 1 } };
  expect(decodeSection(encodeSection(fit))).toEqual(fit);
  expect(decodeSection(encodeSection({ ...fit, keeper: 'a b' }))).toBeUndefined();
  const steering = { ...fit.home, host: '\u001b[2J' };
  expect(decodeSection(encodeSection({ ...fit, home: steering }))).toBeUndefined();
});

test('of any two homes one outranks the other, for everybody', () => {
  void fc.assert(
    fc.property(home, home, (one, other) => {
      const isSame =
        one.store === other.store && one.since === other.since && one.generation === other.generation;
      expect(outranksHome(one, other)).toBe(!isSame && !outranksHome(other, one));
    }),
  );
});

test('a note that is none is not believed', () => {
  const good = { store: '0'.repeat(32), generation: 1, since: 2, host: 'h' };
  expect(homeOfNote({ ...good, other: 3 })).toEqual(good);
  const bad = [
    null,
    1,
    'x',
    {},
    { ...good, store: 'x' },
    { ...good, generation: -1 },
    { ...good, since: 1.5 },
    { ...good, host: 1 },
  ];
  for (const note of bad) expect(homeOfNote(note)).toBeUndefined();
});
