/**
 * What an operation is: one thing that a person or another program can ask of a running node.
 *
 * Each feature lists its own (`features/NAME/remote.ts`); the command line, the control socket, attached nodes and
 * every later door come from these values, so that nothing is said twice. Invariant: `run` sees only input that its
 * schema has let through; bodies in it are as its caller's protocol writes them, and `Asking.bodies` translates.
 */
import type { Duplex } from 'node:stream';
import type * as v from 'valibot';

export type InputSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>;

interface Described<Schema extends InputSchema> {
  /** One line, for lists of operations. */
  readonly summary: string;
  readonly input: Schema;
  /** An input to try, at a node `a` with a neighbor `b`. */
  readonly example?: v.InferInput<Schema>;
}

/** Who asks, and how: what an operation may need beside its input. */
export interface Asking {
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Fires once the node has closed: for streams that nothing of the node ends. */
  readonly nodeEnded: AbortSignal;
  /** False: the signal fires at the end of the session at the earliest. What ends by itself may then do without it. */
  readonly canBeGivenUp: boolean;
  /** The same object for all that one client asks in one session: what is kept by it, only that client can reach. */
  readonly caller: object;
  readonly bodies: Bodies;
}

/** How one protocol writes the bodies of messages, which may hold what it has no words for. */
export interface Bodies {
  toWire(body: unknown): unknown;
  /** @throws SkeinError SKEIN_INVALID */
  fromWire(written: unknown): unknown;
}

/** One question, one answer. */
export interface CallOperation<Api, Schema extends InputSchema, Output> extends Described<Schema> {
  readonly kind: 'call';
  readonly output?: v.GenericSchema;
  run(api: Api, input: v.InferOutput<Schema>, asking: Asking): Promise<Output>;
}

/** One question, answers until either side ends it. `run` resolves once the node itself is collecting. */
export interface StreamOperation<Api, Schema extends InputSchema, Item> extends Described<Schema> {
  readonly kind: 'stream';
  /** Of each item. */
  readonly output?: v.GenericSchema;
  run(api: Api, input: v.InferOutput<Schema>, asking: Asking): Promise<AsyncIterable<Item>>;
}

/** One question, then bytes in both directions. `run` resolves once the other end has accepted. */
export interface DuplexOperation<Api, Schema extends InputSchema> extends Described<Schema> {
  readonly kind: 'duplex';
  run(api: Api, input: v.InferOutput<Schema>, asking: Asking): Promise<DuplexAnswer>;
}

export interface DuplexAnswer {
  readonly stream: Duplex;
  /** What the client is told of it now and then, as JSON. */
  state(): unknown;
}

/** An operation of whatever feature. */
export type AnyOperation =
  // biome-ignore lint/suspicious/noExplicitAny: a list of operations has no single shape; each was checked where it was written
  CallOperation<any, any, any> | StreamOperation<any, any, any> | DuplexOperation<any, any>;

/** By name. */
export type Operations<Api> = Readonly<
  Record<
    string,
    // biome-ignore lint/suspicious/noExplicitAny: as above
    CallOperation<Api, any, any> | StreamOperation<Api, any, any> | DuplexOperation<Api, any>
  >
>;

/** What a caller passes to an operation, before its schema has filled in or changed anything. */
export type InputOf<Any> = Any extends { readonly input: infer Schema extends InputSchema }
  ? v.InferInput<Schema>
  : never;

export type OutputOf<Any> = Any extends {
  readonly kind: 'call';
  run(...given: never[]): Promise<infer Output>;
}
  ? Output
  : Any extends { readonly kind: 'stream'; run(...given: never[]): Promise<AsyncIterable<infer Item>> }
    ? Item
    : never;

/** Makes operations of one api: `const { call, stream } = operationsOf<MessagingApi>()`. */
export function operationsOf<Api>() {
  return {
    call: <Schema extends InputSchema, Output>(
      definition: Omit<CallOperation<Api, Schema, Output>, 'kind'>,
    ): CallOperation<Api, Schema, Output> => ({ kind: 'call', ...definition }),
    stream: <Schema extends InputSchema, Item>(
      definition: Omit<StreamOperation<Api, Schema, Item>, 'kind'>,
    ): StreamOperation<Api, Schema, Item> => ({ kind: 'stream', ...definition }),
    duplex: <Schema extends InputSchema>(
      definition: Omit<DuplexOperation<Api, Schema>, 'kind'>,
    ): DuplexOperation<Api, Schema> => ({ kind: 'duplex', ...definition }),
  };
}
