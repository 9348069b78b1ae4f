/**
 * The HTTP handler that turns requests into operations: `POST /v1/NAME` runs one, `GET /v1` lists all.
 *
 * Called by the control socket's server; any other HTTP entrance can use it as it is. Invariant: whatever
 * a request holds, the answer is JSON (`{error: {code, message, retryable, details}}` when it fails), no
 * stack leaves the process, and a client that goes away ends what it asked for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SkeinError } from '../kernel/errors.ts';
import { checkInput, describeInput } from '../kit/operation-input.ts';
import { asSkeinError, errorToJson, statusOf } from './errors.ts';
import { controlLimits } from './limits.ts';
import type { OperationTable, Served } from './operations.ts';
import { writeStream } from './stream-writer.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export function operationsHandler(
  table: OperationTable,
  heartbeatMs: number = controlLimits.heartbeatMs,
): Handler {
  return (request, response) => {
    answer(table, request, response, heartbeatMs).catch((problem: unknown) => sendError(response, problem));
  };
}

async function answer(
  table: OperationTable,
  request: IncomingMessage,
  response: ServerResponse,
  heartbeatMs: number,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/v1' || path === '/v1/') return sendList(table, request, response);
  const { operation, api } = operationAt(table, path);
  if (request.method !== 'POST') throw wrongMethod(request, response, 'POST');
  const input = checkInput(operation.input, await readJson(request));
  const signal = signalOf(response);
  if (operation.kind === 'call') {
    sendJson(response, 200, await operation.run(api, input, signal));
    return;
  }
  if (operation.kind === 'duplex') throw notADuplex(path);
  const format = (request.headers.accept ?? '').includes('text/event-stream') ? 'event-stream' : 'ndjson';
  await writeStream(response, await operation.run(api, input, signal), { format, signal, heartbeatMs });
}

function operationAt(table: OperationTable, path: string): Served {
  const name = path.startsWith('/v1/') ? path.slice('/v1/'.length) : undefined;
  const served = name === undefined ? undefined : table.get(name);
  if (served !== undefined) return served;
  const asked =
    name === undefined
      ? `path ${JSON.stringify(path.slice(0, 80))}`
      : `operation ${JSON.stringify(name.slice(0, 80))}`;
  throw new SkeinError(
    'SKEIN_CONTROL',
    `no ${asked}: POST /v1/NAME, where NAME is one of ${[...table.keys()].join(', ')}`,
    { details: { status: 404 } },
  );
}

function wrongMethod(request: IncomingMessage, response: ServerResponse, allowed: string): SkeinError {
  response.setHeader('allow', allowed);
  return new SkeinError('SKEIN_CONTROL', `${request.method} is not understood here: use ${allowed}`, {
    details: { status: 405 },
  });
}

function notADuplex(path: string): SkeinError {
  const text = `${path} is a stream of bytes: GET it with "Upgrade: skein-channel"`;
  return new SkeinError('SKEIN_CONTROL', text, { details: { status: 426 } });
}

function sendList(table: OperationTable, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET') throw wrongMethod(request, response, 'GET');
  const list = [...table].map(([name, { operation }]) => ({
    name,
    kind: operation.kind,
    summary: operation.summary,
    input: describeInput(operation.input),
  }));
  sendJson(response, 200, { operations: list });
}

/** Fires when the client is gone before its answer was complete. */
function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.closed || response.destroyed) gone.abort();
  response.once('close', () => gone.abort());
  return gone.signal;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteLength += chunk.length;
    if (byteLength > controlLimits.requestBytesMax) {
      throw new SkeinError('SKEIN_TOO_LARGE', `a request has at most ${controlLimits.requestBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  if (byteLength === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (problem) {
    throw new SkeinError('SKEIN_INVALID', `the input is one JSON object: ${(problem as Error).message}`);
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function sendError(response: ServerResponse, problem: unknown): void {
  const error = asSkeinError(problem);
  // What is left of a refused request is not read: the connection cannot be used again.
  if (!response.req.complete) response.setHeader('connection', 'close');
  sendJson(response, statusOf(error), { error: errorToJson(error) });
}
