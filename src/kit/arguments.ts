/**
 * Checks of what a program passes to a call, for programs without types: a typo must not be taken silently.
 *
 * Who calls it: the local node, `attach`, `createTestMesh`. Invariant: each complaint is one TypeError that
 * names the call, what was given and what is accepted.
 */
const shownMax = 80;

/** @throws TypeError for what is no object, and for an option that there is not. */
export function checkOptions(call: string, given: unknown, accepted: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`${call}: options are an object, got ${shown(given)}`);
  for (const name in given) {
    if (accepted.includes(name)) continue;
    throw new TypeError(`${call}: unknown option "${name}"; accepted are ${accepted.join(', ')}`);
  }
}

export function checkOneOf(name: string, value: unknown, accepted: readonly string[]): void {
  if (value === undefined || accepted.includes(value as string)) return;
  throw new TypeError(`${name} is one of ${accepted.join(', ')}, got ${shown(value)}`);
}

export function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return;
  throw new TypeError(`${name} is text, got ${shown(value)}`);
}

/** One name or several, as any iterable. */
export function listOfNames(call: string, given: unknown): string[] {
  if (typeof given === 'string') return [given];
  const isList = typeof given === 'object' && given !== null && Symbol.iterator in given;
  if (isList) return [...(given as Iterable<string>)];
  throw new TypeError(`${call}: give a name or a list of names, got ${shown(given)}`);
}

/** A given value, short enough for an error line. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  const text = isPlain(value) ? String(value) : jsonOf(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}...` : text;
}

/** JSON has no words for these, and none that a person reads for numbers such as Infinity. */
function isPlain(value: unknown): boolean {
  return ['bigint', 'symbol', 'number', 'undefined'].includes(typeof value);
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'an object';
  }
}

export function checkWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new TypeError(`${name} is a whole number from ${min} to ${max}, got ${shown(value)}`);
}

const timeoutMsMax = 24 * 3_600_000;

/** Of a call that waits, in milliseconds: a day at most. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined) checkWhole('timeoutMs', timeoutMs, 1, timeoutMsMax);
}
