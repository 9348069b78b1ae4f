/**
 * Checks of JSON that another node has made: it may be of another version, or lie.
 *
 * Used by facades for what comes from the mesh and not from a program. A library of schemas would be loaded by every
 * program that imports skein, so these few shapes are said here. Invariant: what passes has the fields that were named,
 * of their kinds, and no others.
 */
type Check<Value> = (value: unknown) => Value;

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('no text');
}

export function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TypeError('no number');
}

export function flag(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError('neither true nor false');
}

export function oneOf<const Word extends string>(words: readonly Word[]): Check<Word> {
  return (value) => {
    if (words.includes(value as Word)) return value as Word;
    throw new TypeError('none of the words');
  };
}

export function listOf<Item>(check: Check<Item>): Check<Item[]> {
  return (value) => {
    if (Array.isArray(value)) return value.map(check);
    throw new TypeError('no list');
  };
}

/** Of names that are the other node's. */
export function recordOf<Item>(check: Check<Item>): Check<Record<string, Item>> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object');
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, check(item)]));
  };
}

export function orNull<Value>(check: Check<Value>): Check<Value | undefined> {
  return (value) => (value === null ? undefined : check(value));
}

/** @param optional Fields that may be missing; they are then missing in what is returned. */
export function fields<Required extends object, Optional extends object = object>(
  required: { readonly [Name in keyof Required]: Check<Required[Name]> },
  optional?: { readonly [Name in keyof Optional]: Check<Optional[Name]> },
): Check<Required & Partial<Optional>> {
  return (value) => {
    if (typeof value !== 'object' || value === null) throw new TypeError('no object');
    const given = value as Record<string, unknown>;
    const checked: Record<string, unknown> = {};
    for (const [name, check] of Object.entries(required) as [string, Check<unknown>][])
      checked[name] = check(given[name]);
    for (const [name, check] of Object.entries(optional ?? {}) as [string, Check<unknown>][])
      if (given[name] !== undefined) checked[name] = check(given[name]);
    return checked as Required & Partial<Optional>;
  };
}
