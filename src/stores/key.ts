/**
 * Keys of rows and their order, the same in every store.
 *
 * Who calls it: tables. A key is a whole number, a text, or a list of these (the columns of a primary key). Invariant:
 * numbers come before texts, a list before any longer one that begins with it, and texts by their UTF-16 units.
 */
type KeyPart = number | string;
export type Key = KeyPart | readonly KeyPart[];

/** Negative: `a` comes first. */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a !== 'object' && typeof b !== 'object') return compareParts(a, b);
  const left = partsOf(a);
  const right = partsOf(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareParts(left[i] as KeyPart, right[i] as KeyPart);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** The key as the table keeps it: nobody else can change it. @throws TypeError for what is no key. */
export function keptKey<K extends Key>(key: K): K {
  for (const part of partsOf(key)) {
    if (typeof part === 'string' || Number.isSafeInteger(part)) continue;
    throw new TypeError(
      `a key of a table is ${String(part)}: it must be a text, a whole number, or a list of these`,
    );
  }
  return typeof key === 'object' ? (Object.freeze([...key]) as unknown as K) : key;
}

function partsOf(key: Key): readonly KeyPart[] {
  return typeof key === 'object' ? key : [key];
}

function compareParts(a: KeyPart, b: KeyPart): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
