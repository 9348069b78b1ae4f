import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { hostLimits } from '../limits.ts';
import { KeyedSeal } from './datagram-seal.ts';
import { KeyRing } from './key-ring.ts';
import { MeshKey } from './mesh-key.ts';

const key = MeshKey.make();
const text = new TextEncoder().encode('node a of namespace default at 10.0.0.1:7400');
let now = 0;
/** By how much somebody has set the clock of the wall. */
let setBy = 0;
const sealOf = (...keys: MeshKey[]) =>
  new KeyedSeal(
    new KeyRing(keys),
    () => now + setBy,
    () => now,
  );

beforeEach(() => {
  now = 1_800_000_000_000;
  setBy = 0;
});

/** Sealed with the key, by a clock that is this far off. */
function sealed(offsetMs = 0, by = key): Uint8Array {
  const seal = new KeyedSeal(new KeyRing([by]), () => now + offsetMs);
  return seal.seal(text) as Uint8Array;
}

describe('a sealed datagram', () => {
  test('is opened by whoever has the key, used or accepted', () => {
    expect(sealOf(key).open(sealed())).toEqual({ outcome: 'opened', bytes: text });
    expect(sealOf(MeshKey.make(), key).open(sealed())).toMatchObject({ outcome: 'opened' });
    expect(sealOf(MeshKey.make()).open(sealed())).toEqual({ outcome: 'other-key' });
    expect(sealOf().open(sealed())).toEqual({ outcome: 'other-key' });
    expect(sealOf().seal(text)).toBeUndefined();
  });

  test('shows nothing of what is inside, and never twice the same', () => {
    const [one, two] = [sealed(), sealed()];
    expect(Buffer.from(one).includes('default')).toBe(false);
    expect(Buffer.from(one).subarray(27).equals(Buffer.from(two).subarray(27))).toBe(false);
    expect(one.length).toBe(text.length + sealOf(key).overheadBytes);
  });

  test('is taken once', () => {
    const seal = sealOf(key);
    const bytes = sealed();
    expect(seal.open(bytes).outcome).toBe('opened');
    expect(seal.open(bytes).outcome).toBe('replay');
    now += hostLimits.clockToleranceMs - 1;
    expect(seal.open(bytes).outcome).toBe('replay');
    now += hostLimits.clockToleranceMs;
    expect(seal.open(bytes).outcome).toBe('clock');
  });

  test('of a clock 120 s apart is taken, one further apart is not, and by how much is told', () => {
    const seal = sealOf(key);
    for (const offset of [-hostLimits.clockToleranceMs, hostLimits.clockToleranceMs])
      expect(seal.open(sealed(offset)).outcome).toBe('opened');
    for (const offset of [-hostLimits.clockToleranceMs - 1000, hostLimits.clockToleranceMs + 1000])
      expect(seal.open(sealed(offset))).toEqual({ outcome: 'clock', aheadMs: offset, bytes: text });
  });

  test('one from the future cannot be replayed when its time has come', () => {
    const seal = sealOf(key);
    const bytes = sealed(hostLimits.clockToleranceMs);
    expect(seal.open(bytes).outcome).toBe('opened');
    now += 2 * hostLimits.clockToleranceMs - 1;
    expect(seal.open(bytes).outcome).toBe('replay');
  });

  test('is taken once, also when the clock is set forward for a moment', () => {
    const seal = sealOf(key);
    const bytes = sealed();
    expect(seal.open(bytes).outcome).toBe('opened');
    setBy = 600_000;
    expect(seal.open(sealed(setBy)).outcome).toBe('opened');
    setBy = 0;
    expect(seal.open(bytes).outcome).toBe('replay');
  });

  test('that was changed anywhere, cut or lengthened is not opened', () => {
    const bytes = sealed();
    const seal = sealOf(key);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] as number) ^ flip;
        expect(['foreign', 'other-key']).toContain(seal.open(changed).outcome);
      }),
      { numRuns: 500 },
    );
    for (let length = 0; length < bytes.length; length++)
      expect(['foreign', 'other-key']).toContain(seal.open(bytes.subarray(0, length)).outcome);
    expect(seal.open(Uint8Array.of(...bytes, 0)).outcome).toBe('other-key');
    expect(seal.open(bytes).outcome).toBe('opened');
  });

  test('a full memory of nonces drops, and is emptied by time', () => {
    const seal = sealOf(key);
    for (let i = 0; i < hostLimits.noncesMax; i++) seal.open(seal.seal(new Uint8Array(0)) as Uint8Array);
    expect(seal.open(sealed()).outcome).toBe('replay');
    now += 2 * hostLimits.clockToleranceMs;
    expect(seal.open(sealed()).outcome).toBe('opened');
  });
});
