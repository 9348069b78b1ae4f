/**
 * Kinds: typed names for messages, so that modules of one program do not take each other's.
 *
 * A kind may carry a Standard Schema (https://standardschema.dev); bodies are then validated before
 * they are sent and before they are handed over.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';

export interface Kind<Body> {
  readonly name: string;
  readonly schema: StandardSchemaV1<unknown, Body> | undefined;
}

/** The kind of messages sent without one. */
export const defaultKind = 'message';

/**
 * @param name 1 to 128 bytes of UTF-8 without control characters; equal names are the same kind.
 * @param schema Any Standard Schema (valibot, zod, arktype ...); checked at both ends.
 * @throws TypeError when the name does not fit.
 * @example const Greeting = kind<{ text: string }>('greeting')
 */
export function kind<Body = unknown>(name: string, schema?: StandardSchemaV1<unknown, Body>): Kind<Body> {
  if (typeof name !== 'string' || name.length === 0 || /\p{Cc}/u.test(name) || name.length > 128) {
    throw new TypeError(
      `kind: a name has 1 to 128 characters and no control characters, got ${JSON.stringify(name)}`,
    );
  }
  return { name, schema };
}
