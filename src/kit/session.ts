/**
 * A client's side of a feature: its operations, called from another process.
 *
 * Implemented by the control socket's client (`remote/client.ts`). Invariant: every failure is a `SkeinError`.
 */
import type { Duplex } from 'node:stream';
import type { AnyOperation, InputOf, OutputOf } from './operation.ts';
import type { MessageStream } from './streams.ts';

interface SessionOptions {
  readonly signal?: AbortSignal | undefined;
}

interface StreamSessionOptions extends SessionOptions {
  /** Items that may wait on this side. Default 1,024. */
  readonly room?: number | undefined;
  /** The node is away, and what it had given is not waited for any more. The stream goes on when it is back. */
  readonly lost?: (() => void) | undefined;
}

type OfKind<Ops, Kind extends AnyOperation['kind']> = {
  [Name in keyof Ops & string]: Ops[Name] extends { readonly kind: Kind } ? Name : never;
}[keyof Ops & string];

/** A client's side of a feature: its operations, asked over the control socket. */
export interface Session<Ops> {
  /** The node's name. */
  readonly node: string;
  /** What gives a stream says at once that there is none. @throws SkeinError SKEIN_CLOSED once the program has closed it. */
  checkOpen(): void;
  /** Asks, and resolves with the answer. */
  call<Name extends OfKind<Ops, 'call'>>(
    operation: Name,
    input: InputOf<Ops[Name]>,
    options?: SessionOptions,
  ): Promise<OutputOf<Ops[Name]>>;
  /** A call whose answer does not matter: half the cost. `failed` is told when it fails, while the session lasts. */
  tell<Name extends OfKind<Ops, 'call'>>(
    operation: Name,
    input: InputOf<Ops[Name]>,
    failed: (error: Error) => void,
  ): void;
  /** Begins a stream; its items may be read at once. */
  stream<Name extends OfKind<Ops, 'stream'>>(
    operation: Name,
    input: InputOf<Ops[Name]>,
    options?: StreamSessionOptions,
  ): MessageStream<OutputOf<Ops[Name]>>;
  /** The stream is there at once; what is written waits until the other end has accepted. */
  duplex<Name extends OfKind<Ops, 'duplex'>>(
    operation: Name,
    input: InputOf<Ops[Name]>,
    options?: SessionOptions,
  ): SessionDuplex;
  /** Resolves once the listeners that were added before are heard. */
  ready(): Promise<void>;
  /** Something that this side noticed, reported as the node itself would: a `warning` event. */
  readonly warn: (code: string, text: string) => void;
  /** What this program's own platform offers under this name; undefined where it offers nothing. */
  platformPart<Part>(name: string): Part | undefined;
}

/** A stream of bytes to the node and back. */
export interface SessionDuplex extends Duplex {
  /** Resolves once the other end has accepted, rejects with what kept it from that. */
  readonly opened: Promise<void>;
  /** The last that the node said of its own end, as JSON. */
  readonly state: unknown;
}
