/** Validation by Standard Schema (https://standardschema.dev): the one place where a schema is asked. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SkeinError } from '../kernel/errors.ts';
import { shown } from './arguments.ts';

/** What has a name and perhaps a schema for its bodies: a kind of message, a topic. */
export interface Named<Body> {
  /** Equal names are the same. */
  readonly name: string;
  /** Checks bodies; undefined: any value is one. */
  readonly schema: StandardSchemaV1<unknown, Body> | undefined;
}

/** The same for a caller that cannot wait. @throws TypeError when the schema is an asynchronous one. */
export function validateNow<Body>({ name, schema }: Named<Body>, value: unknown): Body {
  if (schema === undefined) return value as Body;
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) throw new TypeError(`kind ${name}: its schema is asynchronous; use send`);
  return validated(result, `kind ${name}`);
}

/**
 * The value as the schema gives it back (it may convert); without a schema, the value itself.
 * @throws SkeinError SKEIN_INVALID with the first issue and where it is.
 */
export async function validate<Body>({ name, schema }: Named<Body>, value: unknown): Promise<Body> {
  return checkBySchema(schema, value, `kind ${name}`);
}

/** The same for any schema; `what` begins the error. */
export async function checkBySchema<Value>(
  schema: StandardSchemaV1<unknown, Value> | undefined,
  value: unknown,
  what: string,
): Promise<Value> {
  if (schema === undefined) return value as Value;
  return validated(await schema['~standard'].validate(value), what);
}

/** @throws TypeError when it is there and not a Standard Schema. */
export function checkSchema(what: string, schema: unknown): void {
  if (schema === undefined || isStandardSchema(schema)) return;
  const accepted = 'a schema is a Standard Schema (https://standardschema.dev), as valibot and zod make them';
  throw new TypeError(`${what}: ${accepted}; got ${shown(schema)}`);
}

/** Some libraries' schemas are functions. */
function isStandardSchema(schema: unknown): boolean {
  const isThing = (typeof schema === 'object' && schema !== null) || typeof schema === 'function';
  const standard = isThing ? (schema as { '~standard'?: { validate?: unknown } })['~standard'] : undefined;
  return typeof standard?.validate === 'function';
}

function validated<Value>(result: StandardSchemaV1.Result<Value>, what: string): Value {
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') ?? '';
  const where = path === '' ? 'the body' : path;
  const text = `${what}: ${where}: ${issue?.message ?? 'does not fit the schema'}`;
  throw new SkeinError('SKEIN_INVALID', text, { details: result.issues });
}
