/**
 * The control socket: HTTP and sessions on a Unix domain socket, for the user who runs the node and nobody else.
 *
 * `skein up` starts one beside its node, a program by `serve`. Invariant: the socket file has mode 0600 from its first
 * moment, a client can neither hold more than the stated connections nor the node's end, and the file goes when the
 * server closes.
 */
import { chmod } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { SkeinError } from '../kernel/errors.ts';
import type { LocalNode } from '../node/node.ts';
import { Connections } from './connections.ts';
import { HeldMemory } from './held-memory.ts';
import { controlLimits } from './limits.ts';
import { lifeOf, type NodeLife } from './node-life.ts';
import type { OperationTable } from './operations.ts';
import { problemOf, sendProblem } from './problem.ts';
import { clearSocketPath } from './socket-path.ts';

/** A control socket that is open. */
export interface ControlServer {
  /** Where it is. */
  readonly path: string;
  /** Lets running answers finish (at most half a second), then closes and removes the socket file. */
  close(): Promise<void>;
}

export interface ControlServerOptions {
  readonly heartbeatMs?: number;
}

/**
 * Serves a node's operations at `path`. A file left there by a dead process is replaced.
 * @throws SkeinError SKEIN_ADDRESS_IN_USE when a living process answers there; SKEIN_ADDRESS.
 */
export async function serveControl(
  node: LocalNode,
  path: string,
  options: ControlServerOptions = {},
): Promise<ControlServer> {
  // A third of a megabyte, which a program that serves nothing does not load.
  const { createServer } = await import('node:http');
  await clearSocketPath(path);
  const server = createServer({ connectionsCheckingInterval: 1000 });
  server.keepAliveTimeout = controlLimits.serverIdleTimeoutMs;
  server.headersTimeout = controlLimits.headersTimeoutMs;
  server.requestTimeout = controlLimits.requestTimeoutMs;
  const connections = new Connections(server);
  const table = loadedOnce(() =>
    import('./operations.ts').then(({ operationTable }) => operationTable(node)),
  );
  const life = lifeOf(node);
  const parts = { table, connections, memory: new HeldMemory(controlLimits.heldBytesMax), life };
  serveRequests(server, parts, options.heartbeatMs);
  const sessions = serveSessions(server, parts);
  server.on('clientError', refuseNonsense);
  await listenPrivately(server, path);
  return { path, close: () => closeServer(server, sessions) };
}

interface Parts {
  readonly table: () => Promise<OperationTable>;
  readonly connections: Connections;
  readonly memory: HeldMemory;
  readonly life: NodeLife;
}

/** A node that nobody asks anything neither waits for the operations at its start nor holds them in memory. */
function serveRequests(
  server: Server,
  { table, connections, memory, life }: Parts,
  heartbeatMs?: number,
): void {
  const loaded = loadedOnce(async () => {
    const [{ operationsHandler }, operations] = await Promise.all([import('./handler.ts'), table()]);
    return operationsHandler({ table: operations, memory, life }, heartbeatMs);
  });
  server.on('request', (request, response) => {
    if (connections.isFull) return sendProblem(response, tooManyRequests());
    loaded().then(
      (handler) => handler(request, response),
      () => response.destroy(),
    );
  });
}

interface OpenSessions {
  close(): void;
  terminate(): void;
}

/** The sessions, once somebody has asked for one. */
function serveSessions(
  server: Server,
  { table, connections, memory, life }: Parts,
): () => OpenSessions | undefined {
  let open: OpenSessions | undefined;
  const loaded = loadedOnce(async () => {
    const [{ Sessions }, operations] = await Promise.all([import('./sessions.ts'), table()]);
    const upgraded = (socket: Socket): void => connections.left(socket);
    const sessions = new Sessions({ table: operations, memory, life, upgraded });
    open = sessions;
    return sessions;
  });
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    loaded().then(
      (sessions) => sessions.upgrade(request, socket, head),
      () => socket.destroy(),
    );
  });
  return () => open;
}

function loadedOnce<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    withPrivateUmask(() => server.listen(path, resolve));
  });
  try {
    await listening;
    await chmod(path, 0o600);
  } catch (cause) {
    throw new SkeinError('SKEIN_ADDRESS', `no control socket at ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * The file must never be open to others, not even between its creation and the chmod. `listen` makes it
 * before it returns. A worker thread may not change the umask: there the folder's mode has to do.
 */
function withPrivateUmask(make: () => void): void {
  const before = isMainThread ? process.umask(0o177) : undefined;
  try {
    make();
  } finally {
    if (before !== undefined) process.umask(before);
  }
}

/** An answer to a connection that has no request: Node.js gives none to answer by. */
function refuseNonsense(problem: Error, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const error = new SkeinError('SKEIN_CONTROL', `that is not HTTP: ${problem.message}`);
  const body = `${JSON.stringify({ ...problemOf(error), status: 400 })}\n`;
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`);
}

function tooManyRequests(): SkeinError {
  const text = `the control socket has ${controlLimits.requestsMax} requests under way already: wait for some of them`;
  return new SkeinError('SKEIN_BUSY', text);
}

async function closeServer(server: Server, sessions: () => OpenSessions | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  sessions()?.close();
  const deadline = setTimeout(() => {
    server.closeAllConnections();
    sessions()?.terminate();
  }, controlLimits.closeTimeoutMs);
  await closed;
  clearTimeout(deadline);
}
