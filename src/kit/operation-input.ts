/**
 * What a caller sent to an operation, held against its schema; and what the schema accepts, for people.
 *
 * Who calls it: whatever carries operations (the control socket). Apart from the operations themselves, since whoever
 * only makes a node must not load a library of schemas. Invariant: what is wrong is said in one line.
 */
import * as v from 'valibot';
import { SkeinError } from '../kernel/errors.ts';
import type { InputSchema } from './operation.ts';

/**
 * Checks what a caller sent. Nothing at all counts as an empty object.
 * @throws SkeinError SKEIN_INVALID in one line: which field, what is wrong, what is accepted.
 */
export function checkInput<Schema extends InputSchema>(
  schema: Schema,
  input: unknown,
): v.InferOutput<Schema> {
  // A list would pass for an object without fields.
  if (Array.isArray(input)) throw new SkeinError('SKEIN_INVALID', notAnObject);
  const checked = v.safeParse(schema, input ?? {}, { abortEarly: true });
  if (checked.success) return checked.output;
  throw new SkeinError('SKEIN_INVALID', problemLine(checked.issues[0], schema));
}

const notAnObject = 'the input is one JSON object';

/** Says one issue in one line. */
function problemLine(issue: v.BaseIssue<unknown>, schema: InputSchema): string {
  const path = v.getDotPath(issue);
  if (path === null) return notAnObject;
  const accepted = Object.keys(schema.entries);
  if (issue.expected === 'never') {
    return accepted.length === 0
      ? `${path}: unknown field; this operation takes none`
      : `${path}: unknown field; accepted are ${accepted.join(', ')}`;
  }
  if (issue.type === 'strict_object') {
    const { description } = describeInput(schema)[path] ?? {};
    return description === undefined ? `${path}: missing` : `${path}: missing; expected ${description}`;
  }
  return `${path}: ${issue.message}`;
}

export interface FieldDescription {
  readonly type: string;
  readonly required: boolean;
  readonly description?: string;
}

/** The fields of an operation's input, for people and programs that list operations. */
export function describeInput(schema: InputSchema): Record<string, FieldDescription> {
  return Object.fromEntries(
    Object.entries(schema.entries).map(([name, field]) => [name, describeField(field as v.GenericSchema)]),
  );
}

function describeField(field: v.GenericSchema): FieldDescription {
  const optional = v.isOfType('exact_optional', field);
  const inner = optional ? (field as unknown as { wrapped: v.GenericSchema }).wrapped : field;
  const description = v.getDescription(inner);
  return { type: inner.type, required: !optional, ...(description === undefined ? {} : { description }) };
}
