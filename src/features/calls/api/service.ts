/**
 * Services: typed names for what a node can do for others.
 *
 * A service may carry Standard Schemas (https://standardschema.dev); inputs and outputs are then validated at
 * both ends, before they leave and before they are handed over.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkName } from '../../../kernel/identity.ts';
import { checkOptions, shown } from '../../../kit/arguments.ts';
import { checkSchema } from '../../../kit/schema.ts';

/** A named service with the types of its input and output. Made by `service()`. */
export interface Service<Input, Output> {
  /** 1 to 64 of `[A-Za-z0-9._-]`. */
  readonly name: string;
  /** Checks inputs; undefined: any value is one. */
  readonly input: StandardSchemaV1<unknown, Input> | undefined;
  /** Checks outputs; undefined: any value is one. */
  readonly output: StandardSchemaV1<unknown, Output> | undefined;
  /** Carrying a request out twice does no harm. */
  readonly idempotent: boolean;
}

/** What is known of a service. */
export interface ServiceOptions<Input, Output> {
  /** Checks inputs at both ends. Default: any value is one. */
  readonly input?: StandardSchemaV1<unknown, Input>;
  /** Checks outputs at both ends. Default: any value is one. */
  readonly output?: StandardSchemaV1<unknown, Output>;
  /** Then a request whose node is lost is sent to another, though the first may have carried it out. Default false. */
  readonly idempotent?: boolean;
}

/**
 * @param name 1 to 64 of `[A-Za-z0-9._-]`; equal names are the same service.
 * @throws TypeError when the name does not fit, or a schema is none.
 * @example const Render = service<{ scene: string }, Uint8Array>('render')
 */
export function service<Input = unknown, Output = unknown>(
  name: string,
  options: ServiceOptions<Input, Output> = {},
): Service<Input, Output> {
  checkName(name, 'service');
  checkOptions('service', options, ['input', 'output', 'idempotent']);
  const { input, output, idempotent = false } = options;
  checkSchema(`service ${name}: input`, input);
  checkSchema(`service ${name}: output`, output);
  if (typeof idempotent !== 'boolean')
    throw new TypeError(`service ${name}: idempotent is true or false, got ${shown(idempotent)}`);
  return { name, input, output, idempotent };
}

/** One that no program can name, and that is safe to ask twice. @param name With a character that `service` refuses. */
export function hiddenService(name: string): Service<never, unknown> {
  return { name, input: undefined, output: undefined, idempotent: true };
}

/** Services by name alone that were asked for: making one for each request would cost more than the rest. */
const byName = new Map<string, Service<unknown, unknown>>();
const byNameMax = 1024;

/** @throws TypeError when it is neither text that can be a service's name nor what `service` made. */
export function serviceOf(given: Service<never, unknown> | string): Service<unknown, unknown> {
  if (typeof given === 'string') {
    let known = byName.get(given);
    if (known === undefined) {
      known = service(given);
      if (byName.size >= byNameMax) byName.clear();
      byName.set(given, known);
    }
    return known;
  }
  const made = given as unknown as Service<unknown, unknown> | null;
  if (typeof made === 'object' && typeof made?.name === 'string') return made;
  throw new TypeError(`a service is text, or made with service(), got ${shown(given)}`);
}
