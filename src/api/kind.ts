/**
 * Kinds: typed names for messages, so that modules of one program do not take each other's.
 *
 * A kind may carry a Standard Schema (https://standardschema.dev); bodies are then validated before
 * they are sent and before they are handed over.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { limits } from '../core/limits.ts';

export interface Kind<Body> {
  readonly name: string;
  readonly schema: StandardSchemaV1<unknown, Body> | undefined;
}

export function kindName(kind: Kind<never> | Kind<unknown> | string): string {
  return typeof kind === 'string' ? kind : kind.name;
}

/** The kind of messages sent without one. */
export const defaultKind = 'message';

/**
 * @param name 1 to 127 bytes of UTF-8 without control characters; equal names are the same kind.
 * @param schema Any Standard Schema (valibot, zod, arktype ...); checked at both ends.
 * @throws TypeError when the name does not fit.
 * @example const Greeting = kind<{ text: string }>('greeting')
 */
export function kind<Body = unknown>(name: string, schema?: StandardSchemaV1<unknown, Body>): Kind<Body> {
  if (
    typeof name !== 'string' ||
    name.length === 0 ||
    /\p{Cc}/u.test(name) ||
    utf8Bytes(name) > limits.kindBytesMax
  ) {
    throw new TypeError(
      `kind: a name has 1 to 127 bytes of UTF-8 and no control characters, got ${JSON.stringify(name)}`,
    );
  }
  return { name, schema };
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
