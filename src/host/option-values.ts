/**
 * Checks of the values that a program gives as options: each says what is wrong, with the value, and what is accepted.
 *
 * Who calls it: the options of a node, and the doors for their own.
 */

export type Given = Record<string, unknown>;

export function record(what: string, value: unknown, known: ReadonlySet<string>, or = ''): Given {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(what, value, `an object${or}`);
  for (const key of Object.keys(value)) {
    if (!known.has(key))
      throw new TypeError(`${what}: unknown option "${key}"; accepted are ${[...known].join(', ')}`);
  }
  return value as Given;
}

export function flag(given: Given, option: string, otherwise: boolean, shown = option): boolean {
  const value = given[option] ?? otherwise;
  if (typeof value !== 'boolean') throw wrong(shown, value, 'true or false');
  return value;
}

export function integer(
  given: Given,
  option: string,
  otherwise: number,
  min: number,
  max: number,
  shown = option,
): number {
  const value = given[option] ?? otherwise;
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
    return value as number;
  throw wrong(shown, value, `a whole number from ${min} to ${max}`);
}

export function text(given: Given, option: string, otherwise: string): string {
  const value = given[option] ?? otherwise;
  if (typeof value !== 'string') throw wrong(option, value, 'text');
  return value;
}

export function texts(given: Given, option: string, max: number, shown = option): string[] {
  const value = given[option];
  const good = Array.isArray(value) && value.length <= max && value.every((one) => typeof one === 'string');
  if (!good) throw wrong(shown, value, `a list of at most ${max} texts`);
  return value as string[];
}

export function wrong(option: string, value: unknown, accepted: string): TypeError {
  return new TypeError(`${option}: ${show(value)} is not accepted; give ${accepted}`);
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number')
    return String(value);
  try {
    return (JSON.stringify(value) ?? 'undefined').slice(0, 120);
  } catch {
    return 'an object';
  }
}
