/**
 * The one source of chance in a simulated world: seeded, forkable by label.
 *
 * Who calls it: the world, its network, its faults, and every simulated node as core's `Random`.
 * Invariant: a fork depends on the seed and its label only, never on what was drawn before, so that one
 * more draw in one place shifts nothing in another. No transcendental functions: the same bits come out
 * of every engine. The generator is xoshiro128** (Blackman and Vigna 2018), seeded by splitmix32.
 */
import type { Random } from '../../kernel/contracts.ts';

/** Chance that repeats: equal keys give equal draws, in every engine. */
export class SeededRandom implements Random {
  private readonly key: string;
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(key: string) {
    this.key = key;
    const next = splitmix32(hashText(key));
    this.a = next();
    this.b = next();
    this.c = next();
    // All four zero would stay zero for ever.
    this.d = next() | 1;
  }

  /** The generator of a world with this seed, a whole number. */
  static fromSeed(seed: number): SeededRandom {
    return new SeededRandom(`seed ${seed}`);
  }

  /** An independent generator: equal labels of equal parents give equal draws. */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.key}/${label}`);
  }

  /** In [0, 1), with 53 random bits. */
  next(): number {
    const high = this.draw() >>> 5;
    const low = this.draw() >>> 6;
    return (high * 0x4000000 + low) / 2 ** 53;
  }

  /** This many random bytes, in a new array. */
  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.draw() >>> 24;
    return bytes;
  }

  /** A whole number in [min, max], both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** A number in [min, max), drawn evenly. */
  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** True with this probability, 0 to 1. At 0 nothing is drawn. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** @throws RangeError when there is nothing to pick from. */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('pick: nothing to pick from');
    return items[this.integer(0, items.length - 1)] as Item;
  }

  /** `count` different items in random order; all of them when there are fewer. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    const taken: Item[] = [];
    while (taken.length < count && rest.length > 0) {
      const at = this.integer(0, rest.length - 1);
      taken.push(rest[at] as Item);
      rest[at] = rest.at(-1) as Item;
      rest.pop();
    }
    return taken;
  }

  private draw(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = rotateLeft(this.d, 11);
    return result;
  }
}

/** FNV-1a over the UTF-16 units: enough to tell labels apart, the mixing is splitmix32's. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function splitmix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
