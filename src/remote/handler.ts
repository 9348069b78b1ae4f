/**
 * The HTTP handler that turns requests into operations: `POST /v1/NAME` runs one, `GET /v1` lists all.
 *
 * Called by the control socket's server; any other HTTP entrance can use it as it is. Invariant: whatever
 * a request holds, the answer is JSON (`{error: {code, message, retryable, details}}` when it fails), no
 * stack leaves the process, and a client that goes away ends what it asked for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SkeinError } from '../kernel/errors.ts';
import { checkInput, describeInput, type Operation, type StreamOperation } from '../kit/operation.ts';
import type { SkeinNode } from '../node/node.ts';
import { asSkeinError, errorToJson, statusOf } from './errors.ts';
import { controlLimits } from './limits.ts';
import { calls, streams } from './registry.ts';
import { writeStream } from './stream-writer.ts';

const operations = new Map<string, Operation | StreamOperation>(
  [...Object.values(calls), ...Object.values(streams)].map((each) => [
    each.name,
    each as unknown as Operation | StreamOperation,
  ]),
);

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export function operationsHandler(node: SkeinNode, heartbeatMs: number = controlLimits.heartbeatMs): Handler {
  return (request, response) => {
    answer(node, request, response, heartbeatMs).catch((problem: unknown) => sendError(response, problem));
  };
}

async function answer(
  node: SkeinNode,
  request: IncomingMessage,
  response: ServerResponse,
  heartbeatMs: number,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/v1' || path === '/v1/') return sendList(request, response);
  const operation = operationAt(path);
  if (request.method !== 'POST') throw wrongMethod(request, response, 'POST');
  const input = checkInput(operation.input, await readJson(request));
  const signal = signalOf(response);
  if (operation.type === 'call') {
    sendJson(response, 200, await operation.run(node, input, signal));
    return;
  }
  const format = (request.headers.accept ?? '').includes('text/event-stream') ? 'event-stream' : 'ndjson';
  await writeStream(response, await operation.run(node, input, signal), { format, signal, heartbeatMs });
}

function operationAt(path: string): Operation | StreamOperation {
  const name = path.startsWith('/v1/') ? path.slice('/v1/'.length) : undefined;
  const operation = name === undefined ? undefined : operations.get(name);
  if (operation !== undefined) return operation;
  const asked =
    name === undefined
      ? `path ${JSON.stringify(path.slice(0, 80))}`
      : `operation ${JSON.stringify(name.slice(0, 80))}`;
  throw new SkeinError(
    'SKEIN_CONTROL',
    `no ${asked}: POST /v1/NAME, where NAME is one of ${[...operations.keys()].join(', ')}`,
    { details: { status: 404 } },
  );
}

function wrongMethod(request: IncomingMessage, response: ServerResponse, allowed: string): SkeinError {
  response.setHeader('allow', allowed);
  return new SkeinError('SKEIN_CONTROL', `${request.method} is not understood here: use ${allowed}`, {
    details: { status: 405 },
  });
}

function sendList(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET') throw wrongMethod(request, response, 'GET');
  const list = [...operations.values()].map(({ name, type, summary, input }) => ({
    name,
    type,
    summary,
    input: describeInput(input),
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
