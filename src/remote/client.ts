/**
 * The client of a control socket: calls, streams and duplexes, typed by the operations themselves.
 *
 * Used by the command line and by `attach`. It knows the operations' types only, so that a command does not load their
 * schemas. Invariant: nothing is opened before the first call; every failure is a `SkeinError`; `close` ends everything
 * this client has open.
 */
import type { SkeinError } from '../kernel/errors.ts';
import type { InputOf, OutputOf } from '../kit/operation.ts';
import type { SessionDuplex } from '../kit/session.ts';
import type { AllOperations } from './operations.ts';
import { Reconnection, type ReconnectionPorts } from './reconnection.ts';
import { closedClient } from './session/client-problems.ts';
import { ClientSession, type ClientSessionOptions } from './session/client-session.ts';
import type { ClientStream } from './session/client-stream.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface StreamCallOptions extends CallOptions {
  /** Items that may wait on this side. Default 1,024. */
  readonly room?: number | undefined;
  /** Its session was lost, and it goes on in the next. */
  readonly lost?: (() => void) | undefined;
}

export interface ControlClientOptions extends Omit<ClientSessionOptions, 'resumable'> {
  /** Another session is begun when one is lost. */
  readonly reconnect?: {
    /** Where the node is. @throws SkeinError SKEIN_NOT_RUNNING, SKEIN_AMBIGUOUS */
    readonly find: () => string;
    readonly back: ReconnectionPorts['back'];
  };
}

type OfKind<Kind> = {
  [Name in keyof AllOperations & string]: AllOperations[Name] extends { readonly kind: Kind } ? Name : never;
}[keyof AllOperations & string];

export class ControlClient {
  readonly path: string;
  private readonly options: ClientSessionOptions;
  private readonly reconnection: Reconnection | undefined;
  private opened: ClientSession | undefined;
  private isClosed = false;

  /** @param path of the control socket. */
  constructor(path: string, { reconnect, ...options }: ControlClientOptions = {}) {
    this.path = path;
    this.options = options;
    if (reconnect !== undefined)
      this.reconnection = new Reconnection({
        open: (resumable) => new ClientSession(reconnect.find(), { ...options, resumable }),
        back: reconnect.back,
      });
  }

  /** It has lost its node, and connects again. */
  get isAway(): boolean {
    return this.reconnection?.isAway === true;
  }

  /** Resolves once there is a node to ask: at once, but for a client that has lost it and connects again. */
  async there(): Promise<void> {
    await this.reconnection?.there();
  }

  /** Runs an operation. @throws SkeinError: what the operation says; SKEIN_NOT_RUNNING; SKEIN_TIMEOUT; SKEIN_ABORTED. */
  async call<Name extends OfKind<'call'>>(
    name: Name,
    input: InputOf<AllOperations[Name]>,
    options: CallOptions = {},
  ): Promise<OutputOf<AllOperations[Name]>> {
    return (await this.callAny(name, input, options)) as OutputOf<AllOperations[Name]>;
  }

  /** The same for an operation of any feature. */
  async callAny(name: string, input: unknown, { signal }: CallOptions = {}): Promise<unknown> {
    if (this.isClosed) throw closedClient();
    return this.session.call(name, input, signal);
  }

  /** A call whose answer does not matter. @param failed Told when it fails. */
  tellAny(name: string, input: unknown, failed: (error: SkeinError) => void): void {
    if (!this.isClosed) this.session.tell(name, input, failed);
  }

  /** Opens a stream operation. It is under way from this call on; `opened` tells when the node collects. */
  stream<Name extends OfKind<'stream'>>(
    name: Name,
    input: InputOf<AllOperations[Name]>,
    options: StreamCallOptions = {},
  ): ClientStream<OutputOf<AllOperations[Name]>> {
    return this.streamAny(name, input, options) as ClientStream<OutputOf<AllOperations[Name]>>;
  }

  /** The same for an operation of any feature. */
  streamAny(name: string, input: unknown, options: StreamCallOptions = {}): ClientStream<unknown> {
    if (this.reconnection?.isAway === true) return this.reconnection.streamLater(name, input, options);
    return this.session.stream(name, input, options);
  }

  /** Opens a duplex operation: it is there at once, and what is written waits until the other end has accepted. */
  duplexAny(name: string, input: unknown, { signal }: CallOptions = {}): SessionDuplex {
    return this.session.duplex(name, input, signal);
  }

  get closed(): boolean {
    return this.isClosed;
  }

  close(): void {
    this.isClosed = true;
    this.opened?.close();
    this.reconnection?.close();
  }

  private get session(): ClientSession {
    if (this.reconnection !== undefined) return this.reconnection.session;
    // After a session that has ended another one is tried: a node may be there again.
    if (this.opened === undefined || (this.opened.closed && !this.isClosed))
      this.opened = new ClientSession(this.path, this.options);
    return this.opened;
  }
}
