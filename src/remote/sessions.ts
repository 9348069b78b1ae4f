/**
 * The sessions of a node: where a WebSocket becomes one, how many there are, and which are alive.
 *
 * Made by the control server, when the first client asks for a session. Invariant: there are never more than stated, a
 * client that does not answer pings is gone within seconds, and each is told why it is refused.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { SkeinError } from '../kernel/errors.ts';
import { EndedSessions, type TakenCounts } from './ended-sessions.ts';
import type { HeldMemory } from './held-memory.ts';
import { controlLimits } from './limits.ts';
import type { NodeLife } from './node-life.ts';
import type { OperationTable } from './operations.ts';
import { sendProblem } from './problem.ts';
import { sessionPath } from './session/frames.ts';
import { NodeSession } from './session/node-session.ts';

export interface SessionsPorts {
  readonly table: OperationTable;
  readonly memory: HeldMemory;
  readonly life: NodeLife;
  /** The connection is a session from here on. */
  readonly upgraded: (socket: Socket) => void;
}

export class Sessions {
  private readonly ports: SessionsPorts;
  private readonly webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: controlLimits.messageBytesMax,
  });
  private readonly open = new Set<NodeSession>();
  private readonly ended = new EndedSessions();
  private stayingCount = 0;
  private briefCount = 0;
  /** Where this node itself was held up, the answers lie in the sockets by now: they are read before the judgment. */
  private readonly pinging = setInterval(() => setImmediate(() => this.ping()), controlLimits.pingMs);

  constructor(ports: SessionsPorts) {
    this.ports = ports;
    this.pinging.unref();
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Before the handshake is over it may fail; nobody else listens.
    socket.on('error', () => socket.destroy());
    const refusal = this.refusalOf(request);
    if (refusal !== undefined) return refuse(request, socket, refusal);
    this.ports.upgraded(socket);
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      let leave = (): void => undefined;
      const session = new NodeSession(webSocket, {
        table: this.ports.table,
        memory: this.ports.memory,
        life: this.ports.life,
        admit: (isBrief) => {
          leave = this.admit(isBrief, session);
        },
        cutOff: (token, counts) => this.ended.remember(token, counts, performance.now()),
        resumed: (token) => this.resumed(token),
      });
      this.open.add(session);
      webSocket.once('close', () => {
        this.open.delete(session);
        leave();
      });
    });
  }

  /** A client that is back may be quicker than the end of its old connection. */
  private async resumed(token: string): Promise<TakenCounts | undefined> {
    for (const session of this.open) {
      if (!session.isCalled(token)) continue;
      const closed = new Promise<void>((resolve) => session.whenClosed(resolve));
      session.terminate();
      await closed;
    }
    return this.ended.take(token);
  }

  private ping(): void {
    const now = performance.now();
    for (const session of this.open) session.ping(now);
  }

  /** They are told, and what is said by then still leaves. */
  close(): void {
    clearInterval(this.pinging);
    for (const session of this.open) session.leave();
  }

  terminate(): void {
    for (const session of this.open) session.terminate();
  }

  private refusalOf({ url = '', headers }: IncomingMessage): SkeinError | undefined {
    if (url.split('?', 1)[0] !== sessionPath)
      return new SkeinError('SKEIN_CONTROL', `sessions are at ${sessionPath}`, { details: { status: 404 } });
    if ((headers.upgrade ?? '').toLowerCase() !== 'websocket')
      return new SkeinError('SKEIN_CONTROL', 'an upgrade is to websocket here', { details: { status: 426 } });
    // Those that have not said hello yet: a flood of them must not be one of sessions.
    return this.open.size >= sessionsMax + controlLimits.connectionsMax ? tooMany() : undefined;
  }

  /** @throws SkeinError SKEIN_BUSY */
  private admit(isBrief: boolean, session: NodeSession): () => void {
    if (!isBrief) {
      if (this.stayingCount >= controlLimits.sessionsMax) throw tooMany();
      this.stayingCount++;
      return () => this.stayingCount--;
    }
    if (this.briefCount >= controlLimits.briefSessionsMax) throw tooMany();
    this.briefCount++;
    const timer = setTimeout(() => session.fail(tooLong()), controlLimits.briefSessionMs);
    return () => {
      this.briefCount--;
      clearTimeout(timer);
    };
  }
}

const sessionsMax = controlLimits.sessionsMax + controlLimits.briefSessionsMax;

function refuse(request: IncomingMessage, socket: Socket, error: SkeinError): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.setHeader('connection', 'close');
  response.once('finish', () => socket.end());
  sendProblem(response, error);
}

function tooMany(): SkeinError {
  return new SkeinError('SKEIN_BUSY', `the node has ${controlLimits.sessionsMax} clients already: close one`);
}

function tooLong(): SkeinError {
  const seconds = controlLimits.briefSessionMs / 1000;
  return new SkeinError(
    'SKEIN_CONTROL',
    `a session that was to be brief lasts ${seconds} s: ask for one that stays`,
  );
}
