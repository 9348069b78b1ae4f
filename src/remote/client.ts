/**
 * The client of a control socket: calls and streams, typed by the operations themselves.
 *
 * Used by the command line and by `attach`. It knows the operations' types only, so that a command does
 * not load their schemas. Invariant: every failure is a `SkeinError`, a node that has fallen silent is one; a
 * stream whose reader stops reading stops the writer too, and `close` ends everything this client has open.
 */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { SkeinError } from '../kernel/errors.ts';
import type { InputOf, OutputOf } from '../kit/operation.ts';
import { type ControlConnection, ControlDuplex } from './control-duplex.ts';
import { codeOf, errorFromJson } from './errors.ts';
import { controlLimits } from './limits.ts';
import type { AllOperations } from './operations.ts';
import { SilenceWatch } from './silence.ts';
import { ControlStream } from './stream-reader.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

type OfKind<Kind> = {
  [Name in keyof AllOperations & string]: AllOperations[Name] extends { readonly kind: Kind } ? Name : never;
}[keyof AllOperations & string];

export class ControlClient {
  readonly path: string;
  private readonly calls = new Agent({
    keepAlive: true,
    maxSockets: controlLimits.callsAtOnceMax,
    timeout: controlLimits.clientIdleTimeoutMs,
  });
  /** A stream keeps its connection for as long as it lives: it must not take a call's turn. */
  private readonly streams = new Agent();
  private readonly silence: SilenceWatch;
  private readonly channels = new Set<Socket>();
  private isClosed = false;

  /** @param path of the control socket; nothing is opened before the first call. */
  constructor(path: string) {
    this.path = path;
    this.silence = new SilenceWatch(path);
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
  async callAny(name: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    const response = await this.post(this.calls, name, input, options.signal);
    return this.silence.guard(response, readJson(response)).catch((problem: unknown) => {
      throw this.problemOf(problem, options.signal);
    });
  }

  /** Opens a stream operation. It is under way from this call on; `opened` tells when the node collects. */
  stream<Name extends OfKind<'stream'>>(
    name: Name,
    input: InputOf<AllOperations[Name]>,
    options: CallOptions = {},
  ): ControlStream<OutputOf<AllOperations[Name]>> {
    return this.streamAny(name, input, options) as ControlStream<OutputOf<AllOperations[Name]>>;
  }

  /** The same for an operation of any feature. */
  streamAny(name: string, input: unknown, options: CallOptions = {}): ControlStream<unknown> {
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    if (options.signal?.aborted) stop();
    options.signal?.addEventListener('abort', stop, { once: true, signal: stopping.signal });
    const response = this.post(this.streams, name, input, stopping.signal);
    return new ControlStream(response, stopping, () => stopping.signal.aborted || this.isClosed);
  }

  /** Opens a duplex operation. */
  duplexAny(name: string, input: unknown, options: CallOptions = {}): ControlDuplex {
    return new ControlDuplex(this.connection(name, input as Record<string, unknown>, options));
  }

  /** Resolves with the connection once the other end has accepted. @throws as `call`. */
  async connection(
    name: string,
    input: Readonly<Record<string, unknown>>,
    { signal }: CallOptions = {},
  ): Promise<ControlConnection> {
    if (this.isClosed) throw new SkeinError('SKEIN_CLOSED', 'this client is closed');
    const texts = Object.entries(input).map(([field, value]): [string, string] => [field, String(value)]);
    try {
      const request = httpRequest({
        socketPath: this.path,
        path: `/v1/${name}?${new URLSearchParams(texts)}`,
        agent: this.streams,
        ...(signal === undefined ? {} : { signal }),
        headers: { connection: 'Upgrade', upgrade: 'skein-channel' },
      });
      const connection = await this.silence.guard(request, upgraded(request));
      this.channels.add(connection.socket);
      connection.socket.once('close', () => this.channels.delete(connection.socket));
      return connection;
    } catch (problem) {
      throw this.problemOf(problem, signal);
    }
  }

  get closed(): boolean {
    return this.isClosed;
  }

  close(): void {
    this.isClosed = true;
    this.calls.destroy();
    this.streams.destroy();
    for (const socket of this.channels) socket.destroy();
  }

  /** Resolves with the head of a good answer; anything else is thrown. */
  private async post(
    agent: Agent,
    name: string,
    input: unknown,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    if (this.isClosed) throw new SkeinError('SKEIN_CLOSED', 'this client is closed');
    try {
      const body = Buffer.from(JSON.stringify(input));
      const request = httpRequest({
        socketPath: this.path,
        path: `/v1/${name}`,
        method: 'POST',
        agent,
        ...(signal === undefined ? {} : { signal }),
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      });
      const response = await this.silence.guard(request, responseTo(request, body));
      if (response.statusCode === 200) return response;
      throw errorFromJson(((await readJson(response)) as { error?: unknown } | null)?.error);
    } catch (problem) {
      throw this.problemOf(problem, signal);
    }
  }

  /** Says in skein's words why a request came to nothing. */
  private problemOf(problem: unknown, signal: AbortSignal | undefined): SkeinError {
    if (problem instanceof SkeinError) return problem;
    const options = { cause: problem };
    if (signal?.aborted) return new SkeinError('SKEIN_ABORTED', 'given up by the caller', options);
    if (this.isClosed) return new SkeinError('SKEIN_CLOSED', 'this client is closed', options);
    const code = codeOf(problem);
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      return new SkeinError(
        'SKEIN_NOT_RUNNING',
        `no node answers at ${this.path}: start one with \`skein up\``,
        options,
      );
    }
    if (code === 'EACCES') {
      return new SkeinError(
        'SKEIN_REFUSED',
        `${this.path} belongs to another user: run this as that user`,
        options,
      );
    }
    return new SkeinError('SKEIN_CLOSED', `the node at ${this.path} ended before it had answered`, options);
  }
}

function responseTo(request: ClientRequest, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays on: a socket that breaks later reports here as well as on the response.
    request.on('error', reject);
    request.end(body);
  });
}

function upgraded(request: ClientRequest): Promise<ControlConnection> {
  return new Promise((resolve, reject) => {
    request.once('upgrade', (_response, socket, first) => resolve({ socket: socket as Socket, first }));
    request.once('response', (response) => {
      readJson(response).then(
        (json) => reject(errorFromJson((json as { error?: unknown } | null)?.error)),
        reject,
      );
    });
    request.on('error', reject);
    request.end();
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new SkeinError('SKEIN_CONTROL', 'the control socket answered with something that is not JSON');
  }
}
