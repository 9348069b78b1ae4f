/** Questions about the log, as the broker reads them: a member may be of another version, or lie. */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { nameProblem } from '../../../kernel/identity.ts';
import type { LogFilter } from '../../../kernel/log-event.ts';
import { logLimits } from './limits.ts';
import { type Cursor, readCursor } from './log-types.ts';

/** Undefined: none is given. */
export function checkedPlace(cursor: unknown): Cursor | 'invalid' | undefined {
  if (cursor === undefined || cursor === null) return undefined;
  return readCursor(cursor) ?? 'invalid';
}

export function checkedName(input: unknown): string | Failure {
  const { name } = (input ?? {}) as Record<string, unknown>;
  const problem = nameProblem(name);
  return problem === undefined
    ? (name as string)
    : failure('SKEIN_INVALID', `a durable reader's name: ${problem}`);
}

const words = ['author', 'recipient', 'subject', 'node'] as const;
const times = ['since', 'until'] as const;

export function checkedFilter(given: unknown): LogFilter | Failure {
  const input = (given ?? {}) as Record<string, unknown>;
  const filter: Record<string, unknown> = {};
  if (input.types !== undefined) {
    const isList = Array.isArray(input.types) && input.types.length <= logLimits.logTypesMax;
    if (!isList || !(input.types as unknown[]).every(isWord)) return refused('types', input.types);
    filter.types = input.types;
  }
  for (const name of words) {
    if (input[name] === undefined) continue;
    if (!isWord(input[name])) return refused(name, input[name]);
    filter[name] = input[name];
  }
  for (const name of times) {
    if (input[name] === undefined) continue;
    if (!Number.isSafeInteger(input[name])) return refused(name, input[name]);
    filter[name] = input[name];
  }
  return filter;
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= logLimits.logWordMax;
}

function refused(name: string, value: unknown): Failure {
  const accepted = `words of at most ${logLimits.logWordMax} characters, and Unix milliseconds`;
  return failure('SKEIN_INVALID', `a filter of the log: ${name} is ${said(value)}; accepted: ${accepted}`);
}

/** A value that was given, whatever it is. */
export function said(value: unknown): string {
  const isShort = ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
  return isShort ? String(value).slice(0, 80) : `an ${Array.isArray(value) ? 'array' : typeof value}`;
}
