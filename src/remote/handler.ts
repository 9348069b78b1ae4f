/**
 * The HTTP handler that turns requests into operations: `POST /api/v1/NAME` runs one, `GET /api/v1` lists all.
 *
 * Called by the control socket's server; any other HTTP entrance can use it as it is. Invariant: whatever a request
 * holds, the answer is JSON (problem+json when it fails), no stack leaves the process, and a client that goes away ends
 * what it asked for. A request has no session: nothing outlives it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SkeinError } from '../kernel/errors.ts';
import { bodyFromJson, bodyToJson } from '../kit/body.ts';
import type { Asking, Bodies } from '../kit/operation.ts';
import { checkInput, describeInput } from '../kit/operation-input.ts';
import { asSkeinError } from './errors.ts';
import type { HeldMemory } from './held-memory.ts';
import { controlLimits } from './limits.ts';
import type { NodeLife } from './node-life.ts';
import type { OperationTable, Served } from './operations.ts';
import { sendJson, sendProblem } from './problem.ts';
import { sessionPath } from './session/frames.ts';
import { writeStream } from './stream-writer.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface HandlerParts {
  readonly table: OperationTable;
  readonly memory: HeldMemory;
  readonly life: NodeLife;
}

const root = '/api/v1';
const bodies: Bodies = {
  toWire: (body) => bodyToJson(body),
  fromWire: (written) => bodyFromJson(written),
};

export function operationsHandler(
  parts: HandlerParts,
  heartbeatMs: number = controlLimits.heartbeatMs,
): Handler {
  return (request, response) => {
    answer(parts, request, response, heartbeatMs).catch((problem: unknown) =>
      refuse(response, asSkeinError(problem)),
    );
  };
}

async function answer(
  { table, memory, life }: HandlerParts,
  request: IncomingMessage,
  response: ServerResponse,
  heartbeatMs: number,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === root || path === `${root}/`) return sendList(table, request, response);
  const { operation, api } = operationAt(table, path);
  if (request.method !== 'POST') throw wrongMethod(request, response, 'POST');
  if (operation.kind === 'duplex') throw notADuplex(path);
  const input = checkInput(operation.input, await readJson(request, response, memory));
  const asking: Asking = {
    signal: signalOf(response),
    nodeEnded: life.ended,
    canBeGivenUp: true,
    caller: request,
    bodies,
  };
  if (operation.kind === 'call') {
    sendJson(response, 200, await operation.run(api, input, asking));
    return;
  }
  const format = (request.headers.accept ?? '').includes('text/event-stream') ? 'event-stream' : 'ndjson';
  const { signal } = asking;
  await writeStream(response, await operation.run(api, input, asking), { format, signal, heartbeatMs });
}

function operationAt(table: OperationTable, path: string): Served {
  const name = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined;
  const served = name === undefined ? undefined : table.get(name);
  if (served !== undefined) return served;
  const asked =
    name === undefined
      ? `path ${JSON.stringify(path.slice(0, 80))}`
      : `operation ${JSON.stringify(name.slice(0, 80))}`;
  throw new SkeinError(
    'SKEIN_CONTROL',
    `no ${asked}: POST ${root}/NAME, where NAME is one of ${[...table.keys()].join(', ')}`,
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
  const text = `${path} is a stream of bytes in both directions: it needs a session (${sessionPath})`;
  return new SkeinError('SKEIN_CONTROL', text, { details: { status: 426 } });
}

function sendList(table: OperationTable, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET') throw wrongMethod(request, response, 'GET');
  const list = [...table].map(([name, { operation }]) => ({
    name,
    kind: operation.kind,
    summary: operation.summary,
    input: describeInput(operation.input),
    ...(operation.example === undefined ? {} : { example: operation.example }),
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

/** What it holds is given back once the request is answered. */
async function readJson(
  request: IncomingMessage,
  response: ServerResponse,
  memory: HeldMemory,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  response.once('close', () => memory.giveBack(byteLength));
  for await (const chunk of request as AsyncIterable<Buffer>) {
    memory.take(chunk.length, byteLength);
    byteLength += chunk.length;
    chunks.push(chunk);
  }
  if (byteLength === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (problem) {
    throw new SkeinError('SKEIN_INVALID', `the input is one JSON object: ${(problem as Error).message}`);
  }
}

function refuse(response: ServerResponse, error: SkeinError): void {
  // What is left of a refused request is not read: the connection cannot be used again.
  if (!response.headersSent && !response.req.complete) response.setHeader('connection', 'close');
  sendProblem(response, error);
}
