/**
 * A session at the client: one connection to a node's control socket, and all that this client asks over it.
 *
 * Made by the control client. Invariant: whatever was asked is settled once, at the latest when the connection ends;
 * every failure is a `SkeinError`; a node that says nothing for five seconds, not even to a ping, fails what waits for
 * its answer, while a stream that has begun waits on. A session with nothing under way does not keep its process alive.
 */

import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import { SkeinError } from '../../kernel/errors.ts';
import { encodeEnvelope } from '../../kit/codec.ts';
import type { SessionDuplex } from '../../kit/session.ts';
import { whenAborted } from '../../kit/when-aborted.ts';
import { errorFromJson } from '../errors.ts';
import { controlLimits } from '../limits.ts';
import { ClientDuplex } from './client-duplex.ts';
import {
  closedClient,
  endedEarly,
  endedWithoutGoodbye,
  problemOfAnswer,
  problemOfConnecting,
  problemOfSocket,
  silent,
} from './client-problems.ts';
import { ClientStream, detached, type StreamManner } from './client-stream.ts';
import {
  CallManner,
  decodeFrames,
  encodeFrame,
  FrameType,
  type SessionFrame,
  sessionPath,
  sessionProtocol,
} from './frames.ts';
import type { OpenStream, ResumableSession, Welcome } from './resumable.ts';
import { Silence } from './silence.ts';
import { SessionWriter } from './writer.ts';

export interface ClientSessionOptions {
  /** It asks one thing and leaves: there is a place for it even at a node with many clients. */
  readonly isBrief?: boolean;
  /** Its streams outlive it: they are given to whoever made it, who lets them go on in another session. */
  readonly resumable?: ResumableSession;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: SkeinError) => void;
}

/** Far more than can be under way. */
const toldMax = 2048;

export class ClientSession {
  readonly path: string;
  private readonly socket: WebSocket;
  private readonly writer: SessionWriter;
  private connection: Socket | undefined;
  private readonly calls = new Map<number, Waiting>();
  /** The last calls that are answered only where they fail: which of them is over nobody says. */
  private readonly told: { readonly id: number; readonly failed: (error: SkeinError) => void }[] = [];
  private readonly streams = new Map<number, OpenStream>();
  private readonly duplexes = new Map<number, ClientDuplex>();
  /** Of these, those that the node has not begun. */
  private readonly unopened = new Set<number>();
  /** What was asked before the node's welcome. */
  private early: Uint8Array[] | undefined = [];
  /** Resolves with what the node said first; rejects when it never did. */
  readonly welcome: Promise<Welcome>;
  private welcomed!: (welcome: Welcome) => void;
  private unwelcome!: (problem: SkeinError) => void;
  private token: string | undefined;
  private readonly resumable: ResumableSession | undefined;
  private lastId = 0;
  private readonly silence = new Silence({
    ping: () => {
      if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
    },
    tooLong: () => this.silent(),
  });
  private isClosed = false;
  /** Why it ended; the first reason counts. */
  private problem: SkeinError | undefined;

  constructor(path: string, { isBrief = false, resumable }: ClientSessionOptions = {}) {
    this.path = path;
    this.resumable = resumable;
    this.welcome = new Promise((resolve, reject) => {
      this.welcomed = resolve;
      this.unwelcome = reject;
    });
    // Whoever awaits it is told; each call is besides.
    this.welcome.catch(() => undefined);
    this.socket = new WebSocket(`ws://control${sessionPath}`, {
      createConnection: () => this.connect(),
      perMessageDeflate: false,
      // The node is this user's own: what it has to say has no bound of ours.
      maxPayload: 0,
      skipUTF8Validation: true,
    });
    this.writer = new SessionWriter(this.socket);
    this.writer.write([
      FrameType.hello,
      0,
      {
        protocol: sessionProtocol,
        ...(isBrief ? { brief: true } : {}),
        ...(resumable === undefined ? {} : { resumable: true, resumes: resumable.resumes }),
      },
    ]);
    this.socket.on('open', () => this.writer.flush());
    this.socket.on('message', (data: Buffer) => this.received(data));
    this.socket.on('pong', () => this.silence.heard());
    this.socket.on('unexpected-response', (_request, response) => {
      problemOfAnswer(response).then(
        (problem) => this.end(problem),
        () => this.end(endedEarly(path)),
      );
    });
    this.socket.on('error', (problem) => this.end(problemOfConnecting(path, problem)));
    this.socket.on('close', () => this.end(endedEarly(path)));
    this.watch();
    // Nothing has been said yet: the connection is opened in a later turn.
    const problem = problemOfSocket(path);
    if (problem !== undefined) this.end(problem);
  }

  private connect(): Socket {
    this.connection = connect(this.path);
    return this.connection;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  close(): void {
    if (this.isClosed) return;
    this.writer.flush();
    this.settle(closedClient(), true);
    this.socket.close();
    // A node that is stopped does not answer, and the program must not wait for it.
    setTimeout(() => this.socket.terminate(), controlLimits.closeTimeoutMs).unref();
  }

  // ── asking ────────────────────────────────────────────────────────────────────────────────────────

  call(operation: string, input: unknown, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(aborted());
    if (this.problem !== undefined) return Promise.reject(this.problem);
    const id = ++this.lastId;
    return new Promise<unknown>((resolve, reject) => {
      this.ask(
        id,
        FrameType.call,
        operation,
        input,
        ...(signal === undefined ? [] : [CallManner.cancelable]),
      );
      const giveUp = (): void => this.giveUp(id);
      const letGo = whenAborted(signal, giveUp);
      this.calls.set(id, {
        resolve(output) {
          letGo();
          resolve(output);
        },
        reject(error) {
          letGo();
          reject(error);
        },
      });
      this.watch();
    });
  }

  /** A call whose answer does not matter. @param failed Told when it fails; not when the session ends before. */
  tell(operation: string, input: unknown, failed: (error: SkeinError) => void): void {
    if (this.problem !== undefined) return;
    const id = ++this.lastId;
    this.ask(id, FrameType.call, operation, input, CallManner.told);
    this.told.push({ id, failed });
    if (this.told.length > toldMax) this.told.splice(0, toldMax / 2);
  }

  stream(
    operation: string,
    input: unknown,
    { signal, room, lost }: StreamManner = {},
  ): ClientStream<unknown> {
    const stream = new ClientStream<unknown>(detached, room, lost);
    if (this.problem !== undefined) stream.end(this.problem);
    else if (signal?.aborted === true) stream.end(aborted());
    else this.adopt(operation, input, stream);
    stream.closeWith(signal);
    return stream;
  }

  /** Lets a stream begin here, or go on that began in another session. */
  adopt(operation: string, input: unknown, stream: ClientStream<unknown>): void {
    const id = ++this.lastId;
    const room = stream.goOn({
      credit: (count, isPassed) => this.say([FrameType.credit, id, count, ...(isPassed ? [true] : [])]),
      cancel: () => this.forget(id),
    });
    this.begin(id, FrameType.stream, operation, input, room, () =>
      this.streams.set(id, { id, operation, input, stream }),
    );
  }

  duplex(operation: string, input: unknown, signal?: AbortSignal): SessionDuplex {
    const id = ++this.lastId;
    const duplex = new ClientDuplex({
      data: (bytes) => this.say([FrameType.data, id, bytes]),
      end: () => this.say([FrameType.end, id]),
      credit: (count) => this.say([FrameType.credit, id, count]),
      closed: (isGivenUp) => {
        if (isGivenUp) this.forget(id);
        else this.dropDuplex(id);
      },
    });
    if (this.problem !== undefined) duplex.destroy(this.problem);
    else if (signal?.aborted === true) duplex.destroy(aborted());
    else
      this.begin(id, FrameType.duplex, operation, input, controlLimits.duplexCredit, () =>
        this.duplexes.set(id, duplex),
      );
    signal?.addEventListener('abort', () => this.unopened.has(id) && duplex.destroy(aborted()), {
      once: true,
    });
    return duplex;
  }

  private begin(
    id: number,
    type: number,
    operation: string,
    input: unknown,
    room: number,
    add: () => void,
  ): void {
    this.ask(id, type, operation, input, room);
    add();
    this.unopened.add(id);
    this.watch();
  }

  /** A large input goes ahead in parts, so that no message of a client is larger than the node takes. */
  private ask(id: number, type: number, operation: string, input: unknown, ...rest: unknown[]): void {
    const frame = encodeFrame([type, id, operation, input, ...rest]);
    if (frame.length <= controlLimits.partBytes) return this.sayEncoded(frame);
    const bytes = encodeEnvelope(input);
    for (let at = 0; at < bytes.length; at += controlLimits.partBytes)
      this.say([FrameType.part, id, bytes.subarray(at, at + controlLimits.partBytes)]);
    this.say([type, id, operation, undefined, ...rest]);
  }

  private say(frame: SessionFrame): void {
    if (!this.isClosed) this.sayEncoded(encodeFrame(frame));
  }

  private sayEncoded(frame: Uint8Array): void {
    if (this.early === undefined) this.writer.writeEncoded(frame);
    else this.early.push(frame);
  }

  private giveUp(id: number): void {
    const waiting = this.calls.get(id);
    if (waiting === undefined) return;
    this.calls.delete(id);
    this.say([FrameType.cancel, id]);
    waiting.reject(aborted());
    this.rest();
  }

  /** This side wants no more of it. */
  private forget(id: number): void {
    this.say([FrameType.cancel, id]);
    this.drop(id);
  }

  private drop(id: number): void {
    this.streams.delete(id);
    this.dropDuplex(id);
  }

  private dropDuplex(id: number): void {
    this.duplexes.delete(id);
    this.unopened.delete(id);
    this.rest();
  }

  // ── from the node ─────────────────────────────────────────────────────────────────────────────────

  private received(message: Buffer): void {
    this.silence.heard();
    try {
      for (const frame of decodeFrames(message)) this.frame(frame);
    } catch (problem) {
      this.end(problem instanceof SkeinError ? problem : endedEarly(this.path));
    }
    this.rest();
  }

  private frame([type, id, said]: SessionFrame): void {
    switch (type) {
      case FrameType.welcome:
        return this.begins(said as Welcome);
      case FrameType.answer:
        return this.take(id)?.resolve(said);
      case FrameType.opened:
        this.unopened.delete(id);
        this.streams.get(id)?.stream.hasOpened();
        return this.duplexes.get(id)?.hasOpened(said as number);
      case FrameType.item:
        return this.streams.get(id)?.stream.push(said);
      case FrameType.mark:
        return this.streams.get(id)?.stream.mark();
      case FrameType.data:
        return this.duplexes.get(id)?.data(said as Uint8Array);
      case FrameType.credit:
        return this.duplexes.get(id)?.credited(said as number);
      case FrameType.end:
        return this.duplexes.get(id)?.ended();
      case FrameType.finished:
        return this.duplexes.get(id)?.finished();
      case FrameType.state: {
        const duplex = this.duplexes.get(id);
        if (duplex !== undefined) duplex.state = said;
        return;
      }
      case FrameType.over:
        // The node ends, and its streams with it: they go on at the next.
        if (said === true && this.resumable !== undefined) return;
        return this.ended(id, undefined);
      case FrameType.failed:
        if (id === 0) return this.end(errorFromJson(said));
        return this.ended(id, errorFromJson(said));
    }
  }

  private begins(welcome: Welcome): void {
    this.token = welcome.token;
    this.welcomed(welcome);
    const { early = [] } = this;
    this.early = undefined;
    for (const frame of early) this.writer.writeEncoded(frame);
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.calls.get(id);
    this.calls.delete(id);
    return waiting;
  }

  private ended(id: number, error: SkeinError | undefined): void {
    if (error !== undefined) {
      this.take(id)?.reject(error);
      this.told.find((one) => one.id === id)?.failed(error);
    }
    const stream = this.streams.get(id)?.stream;
    const duplex = this.duplexes.get(id);
    this.drop(id);
    stream?.end(error);
    duplex?.over(error);
  }

  /** The connection is over, or never was. */
  private end(problem: SkeinError): void {
    this.settle(problem);
    this.socket.terminate();
  }

  /** @param isOurs This side has closed it. */
  private settle(problem: SkeinError, isOurs = false): void {
    this.problem ??= problem;
    if (this.isClosed) return;
    this.isClosed = true;
    const known = this.problem;
    this.unwelcome(known);
    const left = {
      token: this.token,
      streams: [...this.streams.values()].map((each) => ({ ...each, received: each.stream.receivedCount })),
      unanswered: this.calls.size,
    };
    for (const { reject } of this.calls.values()) reject(known);
    this.calls.clear();
    for (const { id, stream } of [...this.streams.values()]) {
      if (this.resumable !== undefined && !isOurs) stream.isLost();
      else if (isOurs) stream.end();
      else stream.end(this.unopened.has(id) ? known : endedWithoutGoodbye(known));
    }
    for (const [id, duplex] of [...this.duplexes])
      duplex.over(this.unopened.has(id) || isOurs ? known : endedWithoutGoodbye(known));
    this.streams.clear();
    this.duplexes.clear();
    this.unopened.clear();
    this.writer.release();
    this.rest();
    if (!isOurs) this.resumable?.lost(left);
  }

  // ── is the node there? ────────────────────────────────────────────────────────────────────────────

  private get isWaiting(): boolean {
    return this.calls.size > 0 || this.unopened.size > 0;
  }

  /** Something waits for an answer from here on. */
  private watch(): void {
    this.connection?.ref();
    if (this.isWaiting) this.silence.begin();
  }

  private silent(): void {
    const problem = silent(this.path);
    if (this.early !== undefined) return this.end(problem);
    for (const { reject } of this.calls.values()) reject(problem);
    this.calls.clear();
    for (const id of [...this.unopened]) this.ended(id, problem);
    this.rest();
  }

  /** Nothing waits: the process may end, where nothing else keeps it. */
  private rest(): void {
    if (!this.isWaiting) this.silence.end();
    if (this.calls.size === 0 && this.streams.size === 0 && this.duplexes.size === 0)
      this.connection?.unref();
  }
}

function aborted(): SkeinError {
  return new SkeinError('SKEIN_ABORTED', 'given up by the caller');
}
