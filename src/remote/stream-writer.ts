/**
 * Writes an operation's items to an HTTP response, as newline-separated JSON or as an event stream.
 *
 * Called by the handler. Invariant: no item is taken from the node before the client has taken the one
 * before it (apart from what sockets buffer), so that a slow client is told `busy` by the node's own
 * buffer; a failure in the middle is the last line, `{"$error": ...}` or `event: error`.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { asSkeinError, errorToJson } from './errors.ts';

export interface StreamWriterOptions {
  readonly format: 'ndjson' | 'event-stream';
  readonly signal: AbortSignal;
  readonly heartbeatMs: number;
}

export async function writeStream(
  response: ServerResponse,
  items: AsyncIterable<unknown>,
  { format, signal, heartbeatMs }: StreamWriterOptions,
): Promise<void> {
  response.writeHead(200, { 'content-type': contentTypes[format], 'cache-control': 'no-store' });
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(heartbeats[format]);
  }, heartbeatMs);
  try {
    for await (const item of items) {
      if (!response.write(encode[format](JSON.stringify(item)))) await once(response, 'drain', { signal });
    }
  } catch (problem) {
    if (!signal.aborted)
      response.write(encodeError[format](JSON.stringify(errorToJson(asSkeinError(problem)))));
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

const contentTypes = { ndjson: 'application/x-ndjson', 'event-stream': 'text/event-stream' } as const;
const heartbeats = { ndjson: '\n', 'event-stream': ':\n\n' } as const;
const encode = {
  ndjson: (json: string) => `${json}\n`,
  'event-stream': (json: string) => `data: ${json}\n\n`,
} as const;
const encodeError = {
  ndjson: (json: string) => `{"$error":${json}}\n`,
  'event-stream': (json: string) => `event: error\ndata: ${json}\n\n`,
} as const;
