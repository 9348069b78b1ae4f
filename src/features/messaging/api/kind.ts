/**
 * Kinds: typed names for messages, so that modules of one program do not take each other's.
 *
 * A kind may carry a Standard Schema (https://standardschema.dev); bodies are then validated before
 * they are sent and before they are handed over.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { shown } from '../../../kit/arguments.ts';
import { labelProblem } from '../../../kit/labels.ts';
import { checkSchema, type Named } from '../../../kit/schema.ts';

/** A named kind of message with the type of its body. Made by `kind()`. */
export interface Kind<Body> extends Named<Body> {}

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
  const problem = labelProblem(name);
  if (problem !== undefined) throw new TypeError(`kind: ${problem}`);
  checkSchema(`kind ${name}`, schema);
  const made = { name, schema };
  known.add(made);
  return made;
}

/** What `kind` has made, and texts that have passed: looking each of them over again would cost more than a message. */
const known = new WeakSet<object>();
const knownNames = new Set<string>();
const knownNamesMax = 4096;

/** @throws TypeError when it is neither text that can be a kind's name nor what `kind` made. */
export function checkKind(given: unknown): void {
  if (given === undefined || (typeof given === 'object' && given !== null && known.has(given))) return;
  if (typeof given === 'string') return checkKindName(given);
  const made = given as Partial<Kind<unknown>> | null;
  if (typeof given === 'object' && typeof made?.name === 'string') return void kind(made.name, made.schema);
  throw new TypeError(`kind is text, or made with kind(), got ${shown(given)}`);
}

function checkKindName(name: string): void {
  if (knownNames.has(name)) return;
  kind(name);
  if (knownNames.size >= knownNamesMax) knownNames.clear();
  knownNames.add(name);
}
