/**
 * A step of a scenario as its file has it, its verb known and its fields checked by the schema of that verb.
 *
 * Made by `parse.ts`, read by `parse-action.ts`: a type alone. Invariant: names in it are text yet; nobody has been
 * looked up.
 */
import type * as v from 'valibot';
import type { stepSchemas, Verb } from './schema.ts';

export type RawStep = {
  readonly [Name in Verb]: { readonly verb: Name; readonly fields: Fields<Name> };
}[Verb];

type Fields<Name extends Verb> = v.InferOutput<(typeof stepSchemas)[Name]>;
