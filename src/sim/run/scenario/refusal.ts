/**
 * One line for a person about a scenario file that makes no sense: the place, what is wrong, what is accepted.
 *
 * Who calls it: `parse.ts`, with what the schemas found. Invariant: the line begins with the path of the
 * wrong value as one would write it in JavaScript: `steps[2].within`.
 */
import * as v from 'valibot';

/** @throws TypeError that begins with the path. */
export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  path: string,
): v.InferOutput<Schema> {
  const checked = v.safeParse(schema, value, { abortEarly: true });
  if (checked.success) return checked.output;
  throw new TypeError(lineOf(checked.issues[0], path));
}

function lineOf(issue: v.BaseIssue<unknown>, path: string): string {
  const keys = (issue.path ?? []).map((item) => item.key as string | number);
  const place = keys.reduce((whole: string, key) => joined(whole, key), path);
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}

function joined(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
