/** Checks of what a program gives to the calls of the log. Each throws a TypeError that names the option and what is accepted. */
import { checkName } from '../../../kernel/identity.ts';
import type { LogFilter as CoreFilter } from '../../../kernel/log-event.ts';
import { checkOptions, checkText, checkWhole, listOfNames, shown } from '../../../kit/arguments.ts';
import type { LogFilter, LogFollowOptions, LogKeepOptions, LogListOptions } from '../api.ts';
import { logLimits } from '../core/limits.ts';
import { readCursor } from '../core/log-types.ts';

const filterNames = ['type', 'from', 'to', 'subject', 'node', 'since', 'until'];

export function checkList(options: LogListOptions): void {
  checkOptions('log.list', options, [...filterNames, 'after', 'last', 'limit']);
  checkFilter(options);
  checkCursor(options.after);
  for (const name of ['last', 'limit'] as const) {
    const value = options[name];
    if (value !== undefined) checkWhole(name, value, 1, logLimits.logListMax);
  }
  if (options.last !== undefined && options.after !== undefined)
    throw new TypeError('log.list: give "after" or "last", not both');
}

export function checkFollow(options: LogFollowOptions): void {
  checkOptions('log.follow', options, [...filterNames, 'after', 'signal']);
  checkFilter(options);
  checkCursor(options.after);
}

export function checkKeep(name: string, handler: unknown, options: LogKeepOptions): void {
  checkName(name, 'log.keep: name');
  if (typeof handler !== 'function')
    throw new TypeError(`log.keep: a handler is a function, got ${shown(handler)}`);
  checkOptions('log.keep', options, [...filterNames, 'signal']);
  checkFilter(options);
}

export function checkReader(name: string): void {
  checkName(name, 'log.forget: name');
}

/** The filter as it travels. */
export function coreFilter({ type, from, to, subject, node, since, until }: LogFilter): CoreFilter {
  return {
    ...(type === undefined ? {} : { types: typeof type === 'string' ? [type] : [...type] }),
    ...(from === undefined ? {} : { author: from }),
    ...(to === undefined ? {} : { recipient: to }),
    ...(subject === undefined ? {} : { subject }),
    ...(node === undefined ? {} : { node }),
    ...(since === undefined ? {} : { since: since.getTime() }),
    ...(until === undefined ? {} : { until: until.getTime() }),
  };
}

function checkFilter({ type, from, to, subject, node, since, until }: LogFilter): void {
  const types = type === undefined ? [] : listOfNames('log: type', type);
  if (types.length > logLimits.logTypesMax)
    throw new TypeError(`type: ${types.length} types; at most ${logLimits.logTypesMax}`);
  for (const each of types) checkWord('type', each);
  for (const [name, value] of Object.entries({ from, to, node }))
    if (value !== undefined) checkName(value, name);
  if (subject !== undefined) checkWord('subject', subject);
  for (const [name, value] of Object.entries({ since, until })) {
    if (value === undefined || (value instanceof Date && Number.isFinite(value.getTime()))) continue;
    throw new TypeError(`${name} is a Date, got ${shown(value)}`);
  }
}

function checkWord(name: string, value: string): void {
  checkText(name, value);
  if (value.length > logLimits.logWordMax)
    throw new TypeError(`${name} has ${value.length} characters; at most ${logLimits.logWordMax}`);
}

function checkCursor(after: string | undefined): void {
  if (after === undefined || readCursor(after) !== undefined) return;
  throw new TypeError(`after is the cursor of an entry or of a list, got ${shown(after)}`);
}
