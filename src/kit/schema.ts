/** Validation by Standard Schema: the one place where a schema is asked. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Kind } from '../features/messaging/api/kind.ts';
import { SkeinError } from '../kernel/errors.ts';

/** The same for a caller that cannot wait. @throws TypeError when the schema is an asynchronous one. */
export function validateNow<Body>(kind: Kind<Body>, value: unknown): Body {
  if (kind.schema === undefined) return value as Body;
  const result = kind.schema['~standard'].validate(value);
  if (result instanceof Promise)
    throw new TypeError(`kind ${kind.name}: its schema is asynchronous; use send`);
  return validated(result, `kind ${kind.name}`);
}

/**
 * The value as the schema gives it back (it may convert); without a schema, the value itself.
 * @throws SkeinError SKEIN_INVALID with the first issue and where it is.
 */
export async function validate<Body>(kind: Kind<Body>, value: unknown): Promise<Body> {
  return checkBySchema(kind.schema, value, `kind ${kind.name}`);
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

function validated<Value>(result: StandardSchemaV1.Result<Value>, what: string): Value {
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') ?? '';
  const where = path === '' ? 'the body' : path;
  const text = `${what}: ${where}: ${issue?.message ?? 'does not fit the schema'}`;
  throw new SkeinError('SKEIN_INVALID', text, { details: result.issues });
}
