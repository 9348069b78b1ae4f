/**
 * `request` and `respond` of an attached node: the calls operations, and a service's schemas on this side.
 *
 * Part of an attached node. Invariant: each request that is given here is answered once, or its failure becomes
 * a warning; a schema of this program is asked by this program, since the node does not know it.
 */

import { LateAbort } from '../../../kit/late-abort.ts';
import type { InputOf } from '../../../kit/operation.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import type { Session } from '../../../kit/session.ts';
import type { Call, CallsApi, RequestOptions, RespondOptions, ServiceSubscription } from '../api.ts';
import type { operations, ServedRequest } from '../remote.ts';
import { checkRequestOptions, checkResponder } from './check-options.ts';
import { type Service, serviceOf } from './service.ts';

type AnyService = Service<unknown, unknown>;
type CallsSession = Session<typeof operations>;

export function attachedCalls(session: CallsSession): CallsApi {
  return {
    async request<Input, Output>(service: Service<Input, Output> | string, input: Input, options = {}) {
      await session.ready();
      const asked = service as Service<never, unknown> | string;
      return (await request(session, asked, input, options)) as Output;
    },
    respond<Input, Output>(
      service: Service<Input, Output> | string,
      handler: (call: Call<Input>) => Output | Promise<Output>,
      options: RespondOptions = {},
    ) {
      const given = service as Service<never, unknown> | string;
      return respond(session, given, handler as (call: Call) => unknown, options);
    },
  };
}

async function request(
  session: CallsSession,
  given: Service<never, unknown> | string,
  input: unknown,
  wanted: RequestOptions,
): Promise<unknown> {
  checkRequestOptions(wanted);
  const { signal, ...options } = wanted;
  const { name, input: inputSchema, output: outputSchema, idempotent } = serviceOf(given);
  const valid = await checkBySchema(inputSchema, input, `service ${name}: input`);
  const asked = { service: name, body: valid, ...options, ...(idempotent ? { idempotent } : {}) };
  const { output } = await session.call('call', asked, { signal });
  return checkBySchema(outputSchema, output, `service ${name}: output`);
}

function respond(
  session: CallsSession,
  given: Service<never, unknown> | string,
  handler: (call: Call) => unknown,
  wanted: RespondOptions,
): ServiceSubscription {
  const service = serviceOf(given);
  checkResponder(service.name, handler, wanted);
  const { signal, ...options } = wanted;
  const running = new Map<number, LateAbort>();
  // What is at work when the node is lost: whoever asked has been told so.
  const lost = (): void => abortAll(running);
  const stream = session.stream('serve', { service: service.name, ...options }, { signal, lost });
  void serveAll(session, service, handler, stream, running).catch(() => {
    // What ended it is told by `opened`, or by the `close` event.
  });
  return stream;
}

async function serveAll(
  session: CallsSession,
  service: AnyService,
  handler: (call: Call) => unknown,
  stream: AsyncIterable<ServedRequest>,
  running: Map<number, LateAbort>,
): Promise<void> {
  const lost = (problem: Error): void =>
    session.warn('handler', `${service.name}: an answer was lost: ${problem.message}`);
  try {
    for await (const served of stream) {
      if (served.type === 'left') {
        running.get(served.ticket)?.abort();
        continue;
      }
      const { ticket } = served;
      const left = new LateAbort(nobodyWaits);
      running.set(ticket, left);
      void answer(service, handler, served, left)
        .then((reply) => session.tell('reply', reply, lost))
        .catch(lost)
        .finally(() => running.delete(ticket));
    }
  } finally {
    abortAll(running);
  }
}

function abortAll(running: ReadonlyMap<number, LateAbort>): void {
  for (const left of running.values()) left.abort();
}

function nobodyWaits(): DOMException {
  return new DOMException('whoever asked does not wait any more', 'AbortError');
}

async function answer(
  service: AnyService,
  handler: (call: Call) => unknown,
  { type: _type, ticket, input: given, ...rest }: Extract<ServedRequest, { type: 'call' }>,
  left: LateAbort,
): Promise<InputOf<(typeof operations)['reply']>> {
  const { name, input: inputSchema, output: outputSchema } = service;
  try {
    const input = await checkBySchema(inputSchema, given, `service ${name}: input`);
    const call = {
      ...rest,
      input,
      get signal() {
        return left.signal;
      },
    };
    const output = await handler(call);
    const valid = await checkBySchema(outputSchema, output, `service ${name}: output`);
    return { ticket, output: valid };
  } catch (problem) {
    const { code, message } = (problem ?? {}) as { code?: unknown; message?: unknown };
    const text = typeof message === 'string' ? message : String(problem);
    return { ticket, failure: typeof code === 'string' ? { code, message: text } : { message: text } };
  }
}
