/**
 * A session at the node: all that one client asks, from its hello to its end.
 *
 * Made by the control server for each WebSocket. Invariant: whatever belongs to the session ends with it, and nothing of
 * it can be reached from another; a stream gives no item for which its reader has no room; what a client sends wrongly
 * fails that call, and what is no frame at all ends the session, with the reason.
 */
import type { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import { SkeinError } from '../../kernel/errors.ts';
import { decodeBody } from '../../kit/codec.ts';
import { LateAbort } from '../../kit/late-abort.ts';
import type { AnyOperation, Asking, Bodies } from '../../kit/operation.ts';
import { checkInput } from '../../kit/operation-input.ts';
import type { Taking } from '../../kit/streams.ts';
import { makeToken, type TakenCounts } from '../ended-sessions.ts';
import { asSkeinError, errorToJson } from '../errors.ts';
import type { HeldMemory } from '../held-memory.ts';
import { controlLimits } from '../limits.ts';
import type { NodeLife } from '../node-life.ts';
import type { OperationTable, Served } from '../operations.ts';
import {
  CallManner,
  decodeFrames,
  FrameType,
  isCount,
  type SessionFrame,
  sessionProtocol,
} from './frames.ts';
import { NodeDuplex } from './node-duplex.ts';
import { SessionWriter } from './writer.ts';

export interface NodeSessionPorts {
  readonly table: OperationTable;
  readonly memory: HeldMemory;
  readonly life: NodeLife;
  /** Is there a place? Called once, with what its hello says. @throws SkeinError SKEIN_BUSY */
  readonly admit: (isBrief: boolean) => void;
  /** Its client may come back for it: a session that was cut off. */
  readonly cutOff: (token: string, counts: () => TakenCounts) => void;
  /** What was taken in the session of this token, which is over then. */
  readonly resumed: (token: string) => Promise<TakenCounts | undefined>;
}

/** The code of a WebSocket whose connection ended without a goodbye. */
const cutOffCode = 1006;

/** CBOR has words for all that a body can be. */
const bodies: Bodies = { toWire: (body) => body, fromWire: (written) => written };

interface Parts {
  readonly bytes: Uint8Array[];
  byteLength: number;
  /** Why it cannot be taken. */
  readonly refusal: unknown;
}

/** A call or a stream under way, and what its operation is told of it. */
class Running implements Asking {
  readonly caller: object;
  readonly nodeEnded: AbortSignal;
  readonly bodies = bodies;
  readonly canBeGivenUp: boolean;
  /** Of a stream: items that its reader has room for. */
  credit: number;
  /** Of a stream: items that were taken for its reader. */
  taken = 0;
  /** Of a stream: bytes of items since the last mark, and the marks that its reader has not passed. */
  bytesSinceMark = 0;
  marks = 0;
  /** Its stream waits for credit. */
  wake: (() => void) | undefined;
  private readonly givenUp = new LateAbort();

  constructor(caller: object, nodeEnded: AbortSignal, canBeGivenUp: boolean, credit: number) {
    this.caller = caller;
    this.nodeEnded = nodeEnded;
    this.canBeGivenUp = canBeGivenUp;
    this.credit = credit;
  }

  get signal(): AbortSignal {
    return this.givenUp.signal;
  }

  get hasRoom(): boolean {
    return this.credit > 0 && this.marks < controlLimits.streamMarksMax;
  }

  get isStopped(): boolean {
    return this.givenUp.aborted;
  }

  stop(): void {
    this.givenUp.abort();
    this.wake?.();
  }
}

export class NodeSession {
  private readonly socket: WebSocket;
  private readonly ports: NodeSessionPorts;
  private readonly writer: SessionWriter;
  private readonly running = new Map<number, Running>();
  private readonly duplexes = new Map<number, NodeDuplex>();
  /** Inputs that come in parts. */
  private readonly parts = new Map<number, Parts>();
  /** Of a session whose client may come back for it. */
  private token: string | undefined;
  private hasHello = false;
  private isOver = false;
  private isLeaving = false;
  /** Since when a ping is not answered; 0: none is. */
  private pingedAt = 0;

  constructor(socket: WebSocket, ports: NodeSessionPorts) {
    this.socket = socket;
    this.ports = ports;
    this.writer = new SessionWriter(socket);
    const helloTimer = setTimeout(() => this.fail(noHello()), controlLimits.helloTimeoutMs);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) return this.fail(new SkeinError('SKEIN_CONTROL', 'a message of a session is binary'));
      this.received(data);
      if (this.hasHello) clearTimeout(helloTimer);
    });
    socket.on('pong', () => {
      this.pingedAt = 0;
    });
    // What is no WebSocket at all, or too large: the library has closed it already.
    socket.on('error', () => socket.terminate());
    socket.on('close', (code: number) => {
      clearTimeout(helloTimer);
      if (this.token !== undefined && code === cutOffCode) this.rememberCounts(this.token);
      this.over();
    });
  }

  /** Now and then: a client that does not answer is gone. @param now Milliseconds of a steady clock. */
  ping(now: number): void {
    if (this.pingedAt !== 0 && now - this.pingedAt >= controlLimits.answerTimeoutMs)
      return this.socket.terminate();
    if (this.pingedAt !== 0) return;
    this.pingedAt = now;
    this.socket.ping();
  }

  /** Ends it with a reason. */
  fail(error: SkeinError): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.writer.write([FrameType.failed, 0, errorToJson(error)]);
    this.writer.flush();
    this.socket.close();
  }

  /** The node ends: once nothing is under way, the session does too. */
  leave(): void {
    this.isLeaving = true;
    if (this.running.size > 0 || this.duplexes.size > 0 || this.socket.readyState !== this.socket.OPEN)
      return;
    this.writer.flush();
    this.socket.close(1001);
  }

  whenClosed(closed: () => void): void {
    this.socket.once('close', closed);
  }

  /** Nobody waits for its goodbye. */
  terminate(): void {
    this.socket.terminate();
  }

  /** Is it the one of this token? */
  isCalled(token: string): boolean {
    return this.token === token;
  }

  private rememberCounts(token: string): void {
    const streams = new Map(this.running);
    this.ports.cutOff(token, () => new Map([...streams].map(([id, { taken }]) => [id, taken] as const)));
  }

  private over(): void {
    this.isOver = true;
    for (const running of this.running.values()) running.stop();
    for (const duplex of this.duplexes.values()) duplex.destroy();
    for (const { byteLength } of this.parts.values()) this.ports.memory.giveBack(byteLength);
    this.parts.clear();
    this.writer.release();
  }

  // ── from the client ───────────────────────────────────────────────────────────────────────────────

  private received(message: Buffer): void {
    // It has failed, and its client may speak on until the connection is closed.
    if (this.socket.readyState !== this.socket.OPEN) return;
    try {
      const frames = decodeFrames(message);
      const share = message.length / frames.length;
      for (const frame of frames) this.frame(frame, share);
    } catch (problem) {
      this.fail(asSkeinError(problem));
    }
  }

  private frame(frame: SessionFrame, byteLength: number): void {
    const [type, id] = frame;
    if (!this.hasHello) return this.hello(frame);
    switch (type) {
      case FrameType.part:
        return this.part(id, frame[2]);
      case FrameType.call:
      case FrameType.stream:
      case FrameType.duplex:
        return this.begin(frame, byteLength);
      case FrameType.cancel:
        return this.cancel(id);
      case FrameType.credit:
        return this.credited(id, frame[2], frame[3] === true);
      case FrameType.data:
        return this.data(id, frame[2]);
      case FrameType.end:
        return this.duplexes.get(id)?.ended();
      default:
        throw new SkeinError('SKEIN_CONTROL', `a frame of type ${type} does not come from a client`);
    }
  }

  private hello([type, , said]: SessionFrame): void {
    const { protocol, brief, resumable, resumes } = (said ?? {}) as Readonly<Record<string, unknown>>;
    if (type !== FrameType.hello) throw new SkeinError('SKEIN_CONTROL', 'a session begins with a hello');
    if (protocol !== sessionProtocol)
      throw new SkeinError(
        'SKEIN_VERSION',
        `the session protocols do not meet: ${sessionProtocol} at the node, ${String(protocol).slice(0, 20)} at this client; install one version of skein on this machine`,
      );
    this.ports.admit(brief === true);
    this.hasHello = true;
    if (resumable !== true)
      return this.write([FrameType.welcome, 0, { protocol: sessionProtocol, ...this.ports.life.said }]);
    this.token = makeToken();
    const welcome = (taken: TakenCounts | undefined): void =>
      this.write([FrameType.welcome, 0, this.welcome(taken)]);
    if (typeof resumes === 'string') void this.ports.resumed(resumes).then(welcome);
    else welcome(undefined);
  }

  private welcome(taken: TakenCounts | undefined): object {
    const { token } = this;
    const known = taken === undefined ? {} : { taken: [...taken] };
    return { protocol: sessionProtocol, ...this.ports.life.said, token, ...known };
  }

  private part(id: number, bytes: unknown): void {
    if (!(bytes instanceof Uint8Array)) throw new SkeinError('SKEIN_CONTROL', 'a part is bytes');
    const held = this.parts.get(id) ?? { bytes: [], byteLength: 0, refusal: undefined };
    this.parts.set(id, held);
    // The rest of it may be on its way: it is told once it is asked.
    if (held.refusal !== undefined) return;
    try {
      if (this.parts.size > controlLimits.operationsPerSessionMax) throw tooMany();
      this.ports.memory.take(bytes.length, held.byteLength);
      held.bytes.push(bytes);
      held.byteLength += bytes.length;
    } catch (problem) {
      this.ports.memory.giveBack(held.byteLength);
      this.parts.set(id, { bytes: [], byteLength: 0, refusal: problem });
    }
  }

  /** A number that is in use is a mistake of the client's; anything else that is wrong fails what was asked. */
  private begin([type, id, name, input, more]: SessionFrame, byteLength: number): void {
    if (this.running.has(id) || this.duplexes.has(id))
      throw new SkeinError('SKEIN_CONTROL', `number ${id} is in use`);
    const whole = this.parts.get(id);
    this.parts.delete(id);
    const heldBytes = whole?.byteLength ?? byteLength;
    const free = (): void => this.ports.memory.giveBack(heldBytes);
    try {
      if (whole === undefined) this.ports.memory.take(heldBytes);
      else if (whole.refusal !== undefined) throw whole.refusal;
    } catch (problem) {
      return this.failed(id, problem);
    }
    try {
      if (this.running.size + this.duplexes.size >= controlLimits.operationsPerSessionMax) throw tooMany();
      const served = this.served(name, kindOf(type));
      const given = whole === undefined ? input : decodeParts(whole.bytes);
      this.run(id, served, given, isCount(more) ? more : 0, free);
    } catch (problem) {
      free();
      this.failed(id, problem);
    }
  }

  private served(name: unknown, kind: AnyOperation['kind']): Served {
    const served = typeof name === 'string' ? this.ports.table.get(name) : undefined;
    if (served?.operation.kind === kind) return served;
    const known = [...this.ports.table].filter(([, { operation }]) => operation.kind === kind);
    const asked = JSON.stringify(String(name).slice(0, 80));
    throw new SkeinError(
      'SKEIN_CONTROL',
      `no ${kind} ${asked}: there are ${known.map(([each]) => each).join(', ')}`,
    );
  }

  /** @param more Of a call: its manner; else credit. */
  private run(id: number, { operation, api }: Served, given: unknown, more: number, free: () => void): void {
    const input = checkInput(operation.input, given);
    const canBeGivenUp = operation.kind !== 'call' || more === CallManner.cancelable;
    const running = new Running(this, this.ports.life.ended, canBeGivenUp, more);
    this.running.set(id, running);
    const work =
      operation.kind === 'call'
        ? operation.run(api, input, running).then((output: unknown) => this.answered(id, output, more))
        : operation.kind === 'stream'
          ? operation.run(api, input, running).then((items) => this.pump(id, items, running))
          : operation.run(api, input, running).then((answer) => this.open(id, answer, more));
    work
      .catch((problem: unknown) => this.failed(id, problem))
      .finally(() => {
        this.running.delete(id);
        free();
        if (this.isLeaving) this.leave();
      });
  }

  private answered(id: number, output: unknown, manner: number): void {
    if (manner !== CallManner.told) this.write([FrameType.answer, id, output]);
  }

  private async pump(
    id: number,
    items: AsyncIterable<unknown> & Taking<unknown>,
    running: Running,
  ): Promise<void> {
    this.write([FrameType.opened, id]);
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        while (!running.hasRoom && !running.isStopped)
          await new Promise<void>((resolve) => {
            running.wake = resolve;
          });
        if (this.writer.isFull) await this.writer.room();
        if (running.isStopped) return this.drop(items, running);
        // What waits already goes without a promise for each.
        const waiting = items.takeNow?.();
        if (waiting !== undefined) {
          this.give(id, waiting, running);
          continue;
        }
        const next = await iterator.next();
        if (next.done === true)
          return this.write([FrameType.over, id, ...(this.ports.life.ended.aborted ? [true] : [])]);
        this.give(id, next.value, running);
      }
    } finally {
      await iterator.return?.();
    }
  }

  private give(id: number, item: unknown, running: Running): void {
    running.credit--;
    running.taken++;
    if (this.isOver) return;
    running.bytesSinceMark += this.writer.write([FrameType.item, id, item]);
    if (running.bytesSinceMark < controlLimits.streamMarkBytes) return;
    running.bytesSinceMark = 0;
    running.marks++;
    this.write([FrameType.mark, id]);
  }

  /** Nobody reads them any more: they are counted for the client that may come back. */
  private drop({ takeNow }: Taking<unknown>, running: Running): void {
    if (this.token === undefined) return;
    while (takeNow?.() !== undefined) running.taken++;
  }

  private open(id: number, answer: { readonly stream: Duplex; state(): unknown }, credit: number): void {
    const duplex = new NodeDuplex(id, answer, {
      credit,
      write: (frame) => this.write(frame),
      closed: () => {
        this.duplexes.delete(id);
        if (this.isLeaving) this.leave();
      },
      violated: (why) => this.fail(new SkeinError('SKEIN_CONTROL', why)),
    });
    this.duplexes.set(id, duplex);
    if (this.isOver) duplex.destroy();
    else duplex.begin();
  }

  private cancel(id: number): void {
    this.duplexes.get(id)?.destroy();
    this.running.get(id)?.stop();
  }

  private credited(id: number, count: unknown, isPassed: boolean): void {
    if (!isCount(count)) throw new SkeinError('SKEIN_CONTROL', 'a credit is a count');
    this.duplexes.get(id)?.credited(count);
    const running = this.running.get(id);
    if (running === undefined) return;
    running.credit += count;
    if (isPassed && running.marks > 0) running.marks--;
    running.wake?.();
    running.wake = undefined;
  }

  private data(id: number, bytes: unknown): void {
    if (!(bytes instanceof Uint8Array)) throw new SkeinError('SKEIN_CONTROL', 'data is bytes');
    this.duplexes.get(id)?.data(bytes);
  }

  // ── to the client ─────────────────────────────────────────────────────────────────────────────────

  private write(frame: SessionFrame): void {
    if (!this.isOver) this.writer.write(frame);
  }

  private failed(id: number, problem: unknown): void {
    const error = asSkeinError(problem);
    try {
      this.write([FrameType.failed, id, errorToJson(error)]);
    } catch {
      // Its details hold what CBOR cannot say.
      this.write([FrameType.failed, id, errorToJson(new SkeinError(error.code, error.message))]);
    }
  }
}

function kindOf(type: number): AnyOperation['kind'] {
  if (type === FrameType.call) return 'call';
  return type === FrameType.stream ? 'stream' : 'duplex';
}

function decodeParts(parts: readonly Uint8Array[]): unknown {
  return decodeBody(1, Buffer.concat(parts));
}

function tooMany(): SkeinError {
  const { operationsPerSessionMax } = controlLimits;
  return new SkeinError(
    'SKEIN_BUSY',
    `this client asks ${operationsPerSessionMax} things at once already: wait for some of them`,
  );
}

function noHello(): SkeinError {
  return new SkeinError('SKEIN_CONTROL', `no hello came within ${controlLimits.helloTimeoutMs / 1000} s`);
}
