/**
 * How a request by HTTP is told that it failed: `application/problem+json` (RFC 9457), with skein's code.
 *
 * Who calls it: the handler of requests, and the server for connections that it refuses. Invariant: no stack leaves the
 * process, and whatever has begun its answer is not answered twice.
 */
import type { ServerResponse } from 'node:http';
import type { SkeinError } from '../kernel/errors.ts';
import { errorToJson, statusOf } from './errors.ts';

/** `detail` is the message; `code`, `retryable` and `details` are as on the error in a program. */
export function problemOf(error: SkeinError): Record<string, unknown> {
  const { code, message, ...rest } = errorToJson(error);
  return { type: `urn:skein:${code}`, title: code, status: statusOf(error), detail: message, code, ...rest };
}

export function sendProblem(response: ServerResponse, error: SkeinError): void {
  send(response, statusOf(error), 'application/problem+json', problemOf(error));
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', value);
}

function send(response: ServerResponse, status: number, type: string, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length });
  response.end(bytes);
}
