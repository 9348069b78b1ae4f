/**
 * The control socket: HTTP on a Unix domain socket, for the user who runs the node and nobody else.
 *
 * `skein up` starts one beside its node. Invariant: the socket file has mode 0600 from its first moment,
 * a client can neither hold more than the stated connections nor the node's end, and the file goes when
 * the server closes.
 */
import { chmod } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import { SkeinError } from '../kernel/errors.ts';
import type { LocalNode } from '../node/node.ts';
import { errorToJson } from './errors.ts';
import type { Handler } from './handler.ts';
import { controlLimits } from './limits.ts';
import type { OperationTable } from './operations.ts';
import { clearSocketPath } from './socket-path.ts';

export interface ControlServer {
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
  await clearSocketPath(path);
  const table = loadedOnce(() =>
    import('./operations.ts').then(({ operationTable }) => operationTable(node)),
  );
  const server = createServer(loadedAtFirstRequest(table, options.heartbeatMs));
  server.keepAliveTimeout = controlLimits.serverIdleTimeoutMs;
  server.headersTimeout = controlLimits.headersTimeoutMs;
  server.requestTimeout = controlLimits.requestTimeoutMs;
  const channels = serveDuplexes(server, table);
  limitConnections(server);
  await listenPrivately(server, path);
  return { path, close: () => closeServer(server, channels) };
}

/** A node that nobody asks anything neither waits for the operations at its start nor holds them in memory. */
function loadedAtFirstRequest(
  table: () => Promise<OperationTable>,
  heartbeatMs: number | undefined,
): Handler {
  const loaded = loadedOnce(async () => {
    const [{ operationsHandler }, operations] = await Promise.all([import('./handler.ts'), table()]);
    return operationsHandler(operations, heartbeatMs);
  });
  return (request, response) => {
    loaded().then(
      (handler) => handler(request, response),
      () => response.destroy(),
    );
  };
}

function loadedOnce<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

/** The connections that are streams of bytes: the server itself no longer knows them. */
function serveDuplexes(server: Server, table: () => Promise<OperationTable>): ReadonlySet<Duplex> {
  const channels = new Set<Duplex>();
  server.on('upgrade', (request, socket: Duplex) => {
    channels.add(socket);
    socket.once('close', () => channels.delete(socket));
    Promise.all([import('./duplex-server.ts'), table()]).then(
      ([{ serveDuplex }, operations]) => serveDuplex(operations, request, socket),
      () => socket.destroy(),
    );
  });
  return channels;
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

function limitConnections(server: Server): void {
  let open = 0;
  server.maxConnections = controlLimits.connectionsMax + controlLimits.refusalsMax;
  server.on('connection', (socket: Socket) => {
    open++;
    socket.once('close', () => open--);
    if (open > controlLimits.connectionsMax) refuse(socket, 503, tooManyConnections);
  });
  server.on('clientError', (problem: Error, socket: Socket) => {
    refuse(socket, 400, new SkeinError('SKEIN_CONTROL', `that is not HTTP: ${problem.message}`));
  });
}

const tooManyConnections = new SkeinError(
  'SKEIN_BUSY',
  `the control socket has ${controlLimits.connectionsMax} clients already: close one`,
);

/** An answer to a connection that has no request yet. */
function refuse(socket: Socket, status: number, error: SkeinError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = `${JSON.stringify({ error: errorToJson(error) })}\n`;
  const head = [
    `HTTP/1.1 ${status} ${status === 503 ? 'Service Unavailable' : 'Bad Request'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`);
}

async function closeServer(server: Server, channels: ReadonlySet<Duplex>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const deadline = setTimeout(() => {
    server.closeAllConnections();
    for (const channel of channels) channel.destroy();
  }, controlLimits.closeTimeoutMs);
  await closed;
  clearTimeout(deadline);
}
