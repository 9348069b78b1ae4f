/**
 * `request` and `respond` of an attached node: the calls operations, and a service's schemas on this side.
 *
 * Part of an attached node. Invariant: each request that is given here is answered once, or its failure becomes
 * a warning; a schema of this program is asked by this program, since the node does not know it.
 */

import { type Service, serviceOf } from '../features/calls/api/service.ts';
import type { ServedJson } from '../features/calls/remote/serve.ts';
import { bodyFromJson, bodyToJson } from '../kit/body.ts';
import { checkBySchema } from '../kit/schema.ts';
import type { Call, RequestOptions, RespondOptions, ServiceSubscription } from '../node/node.ts';
import type { ControlClient } from './client.ts';
import type { CallInput } from './registry.ts';

type AnyService = Service<unknown, unknown>;

export async function requestAttached(
  client: ControlClient,
  given: Service<never, unknown> | string,
  input: unknown,
  { signal, ...options }: RequestOptions,
): Promise<unknown> {
  const { name, input: inputSchema, output: outputSchema, idempotent } = serviceOf(given);
  const valid = await checkBySchema(inputSchema, input, `service ${name}: input`);
  const asked = { service: name, body: bodyToJson(valid), ...options, ...(idempotent ? { idempotent } : {}) };
  const { output } = await client.call('call', asked, { signal });
  return checkBySchema(outputSchema, bodyFromJson(output), `service ${name}: output`);
}

export function respondAttached(
  client: ControlClient,
  given: Service<never, unknown> | string,
  handler: (call: Call) => unknown,
  { signal, ...options }: RespondOptions,
  warn: (code: string, text: string) => void,
): ServiceSubscription {
  const service = serviceOf(given);
  const stream = client.stream('serve', { service: service.name, ...options }, { signal });
  void serveAll(client, service, handler, stream, warn).catch(() => {
    // What ended it is told by `opened`, or by the `close` event.
  });
  return stream;
}

async function serveAll(
  client: ControlClient,
  service: AnyService,
  handler: (call: Call) => unknown,
  stream: AsyncIterable<ServedJson>,
  warn: (code: string, text: string) => void,
): Promise<void> {
  const running = new Map<number, AbortController>();
  try {
    for await (const served of stream) {
      if (served.type === 'left') {
        running
          .get(served.ticket)
          ?.abort(new DOMException('whoever asked does not wait any more', 'AbortError'));
        continue;
      }
      const { ticket } = served;
      const controller = new AbortController();
      running.set(ticket, controller);
      void answer(service, handler, served, controller.signal)
        .then((reply) => client.call('reply', reply))
        .catch((problem: Error) => warn('handler', `${service.name}: an answer was lost: ${problem.message}`))
        .finally(() => running.delete(ticket));
    }
  } finally {
    for (const controller of running.values()) controller.abort();
  }
}

async function answer(
  service: AnyService,
  handler: (call: Call) => unknown,
  { type: _type, ticket, input: json, ...rest }: Extract<ServedJson, { type: 'call' }>,
  signal: AbortSignal,
): Promise<CallInput<'reply'>> {
  const { name, input: inputSchema, output: outputSchema } = service;
  try {
    const input = await checkBySchema(inputSchema, bodyFromJson(json), `service ${name}: input`);
    const output = await handler({ ...rest, input, signal });
    const valid = await checkBySchema(outputSchema, output, `service ${name}: output`);
    return { ticket, output: bodyToJson(valid) };
  } catch (problem) {
    const { code, message } = (problem ?? {}) as { code?: unknown; message?: unknown };
    const text = typeof message === 'string' ? message : String(problem);
    return { ticket, failure: typeof code === 'string' ? { code, message: text } : { message: text } };
  }
}
