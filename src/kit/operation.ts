/**
 * What an operation is: one thing that a person or another language can ask of a running node.
 *
 * The command line, the control socket and every later door come from these values, so that nothing is
 * said twice. Invariant: `run` sees only input that its schema has let through, and everything it returns
 * is plain JSON (bodies by `body.ts`).
 */
import * as v from 'valibot';
import { SkeinError } from '../kernel/errors.ts';
import type { SkeinNode } from '../node/node.ts';

export type InputSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** One question, one answer. */
export interface Operation<
  Name extends string = string,
  Schema extends InputSchema = InputSchema,
  Output = unknown,
> {
  readonly type: 'call';
  readonly name: Name;
  /** One line, for lists of operations. */
  readonly summary: string;
  readonly input: Schema;
  run(node: SkeinNode, input: v.InferOutput<Schema>, signal: AbortSignal): Promise<Output>;
}

/** One question, answers until either side ends it. `run` resolves once the node itself is collecting. */
export interface StreamOperation<
  Name extends string = string,
  Schema extends InputSchema = InputSchema,
  Item = unknown,
> {
  readonly type: 'stream';
  readonly name: Name;
  readonly summary: string;
  readonly input: Schema;
  run(node: SkeinNode, input: v.InferOutput<Schema>, signal: AbortSignal): Promise<AsyncIterable<Item>>;
}

/** What a caller passes to an operation, before its schema has filled in or changed anything. */
export type InputOf<Any extends { readonly input: InputSchema }> = v.InferInput<Any['input']>;

export type OutputOf<Any> =
  Any extends Operation<string, infer _Schema, infer Output>
    ? Output
    : Any extends StreamOperation<string, infer _Other, infer Item>
      ? Item
      : never;

export function operation<const Name extends string, Schema extends InputSchema, Output>(
  definition: Omit<Operation<Name, Schema, Output>, 'type'>,
): Operation<Name, Schema, Output> {
  return { type: 'call', ...definition };
}

export function streamOperation<const Name extends string, Schema extends InputSchema, Item>(
  definition: Omit<StreamOperation<Name, Schema, Item>, 'type'>,
): StreamOperation<Name, Schema, Item> {
  return { type: 'stream', ...definition };
}

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
