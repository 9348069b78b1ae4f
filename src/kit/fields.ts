/**
 * The fields that operations share: what each accepts, said once, in words that a person can act on.
 *
 * Who calls it: the operations' input schemas. Invariant: every check has a
 * message of its own that says what is accepted, since it reaches a person as one line.
 */
import * as v from 'valibot';
import { nameProblem } from '../kernel/identity.ts';
import { limits } from '../kernel/limits.ts';
import { shown } from './arguments.ts';
import { labelProblem } from './labels.ts';

/** A received value, short enough for an error line. */
function show(value: unknown): string {
  return value === undefined ? 'nothing' : shown(value);
}

/** Text that `problemOf` has no complaint about. */
function text(accepted: string, problemOf: (value: string) => string | undefined) {
  return v.pipe(
    v.string((issue) => `expected ${accepted}, got ${show(issue.input)}`),
    v.rawCheck<string>(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const problem = problemOf(dataset.value);
      if (problem !== undefined) addIssue({ message: problem });
    }),
    v.description(accepted),
  );
}

export function wholeNumber(minimum: number, maximum: number, unit = '') {
  const accepted = `a whole number from ${minimum} to ${maximum}${unit === '' ? '' : ` (${unit})`}`;
  const message = (issue: { input: unknown }) => `expected ${accepted}, got ${show(issue.input)}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(minimum, message),
    v.maxValue(maximum, message),
    v.description(accepted),
  );
}

export const flag = v.pipe(
  v.boolean((issue) => `expected true or false, got ${show(issue.input)}`),
  v.description('true or false'),
);

export function oneOf<const Options extends readonly string[]>(options: Options) {
  const accepted = `one of ${options.join(', ')}`;
  return v.pipe(
    v.picklist(options, (issue) => `expected ${accepted}, got ${show(issue.input)}`),
    v.description(accepted),
  );
}

export function listOf<const Item extends v.GenericSchema>(item: Item, accepted: string, itemsMax: number) {
  return v.pipe(
    v.array(item, (issue) => `expected a list of ${accepted}, got ${show(issue.input)}`),
    v.maxLength(itemsMax, `expected at most ${itemsMax} entries`),
    v.description(`list of ${accepted}`),
  );
}

/** 1 to 64 of `[A-Za-z0-9._-]`. */
export const nodeName = text('a node name', nameProblem);

/** The same for a service. */
export const serviceName = text('a service name', nameProblem);

export const kindName = text('a kind: 1 to 127 bytes of UTF-8', labelProblem);

export const timeoutMs = wholeNumber(1, 2_147_483_647, 'milliseconds');
export const nodeCount = wholeNumber(1, limits.recordsMax);
export const nodeNames = listOf(nodeName, 'node names', limits.recordsMax);

/** `host:port`, left for the node to judge: it answers SKEIN_ADDRESS whether it is asked here or in its own process. */
export const anyAddress = text('HOST:PORT', () => undefined);
