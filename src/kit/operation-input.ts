/**
 * What a caller sent to an operation, held against its schema; and what the schema accepts, for people.
 *
 * Who calls it: whatever carries operations, and features of a program's own. It asks the schemas themselves, so that
 * whoever only makes a node does not load the library that they come from. Invariant: what is wrong is said in one line.
 */
import type * as v from 'valibot';
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
  const checked = schema['~run']({ value: input ?? {} }, { abortEarly: true });
  const [issue] = checked.issues ?? [];
  if (issue === undefined) return checked.value as v.InferOutput<Schema>;
  throw new SkeinError('SKEIN_INVALID', problemLine(issue, schema));
}

const notAnObject = 'the input is one JSON object';

/** Says one issue in one line. */
function problemLine(issue: v.BaseIssue<unknown>, schema: InputSchema): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.');
  if (path === undefined) return notAnObject;
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

interface Wrapping {
  readonly wrapped: v.GenericSchema;
}

interface Piped {
  readonly pipe: readonly (Partial<Piped> & { readonly type: string; readonly description?: string })[];
}

function describeField(field: v.GenericSchema): FieldDescription {
  const optional = field.type === 'exact_optional';
  const inner = optional ? (field as unknown as Wrapping).wrapped : field;
  const description = lastDescription(inner as Partial<Piped>);
  return { type: inner.type, required: !optional, ...(description === undefined ? {} : { description }) };
}

/** The outermost counts: a pipe begins with a schema, which may be one itself. */
function lastDescription({ pipe = [] }: Partial<Piped>): string | undefined {
  for (const part of [...pipe].reverse()) {
    const found = part.type === 'description' ? part.description : lastDescription(part);
    if (found !== undefined) return found;
  }
  return undefined;
}
