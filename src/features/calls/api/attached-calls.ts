/**
 * `request` and `respond` of an attached node: the calls operations, and a service's schemas on this side.
 *
 * Part of an attached node. Invariant: a schema of this program is asked by this program, since the node does not know
 * it.
 */

import { attachedHandler } from '../../../kit/attached-handler.ts';
import type { LateAbort } from '../../../kit/late-abort.ts';
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
  return attachedHandler({
    open: (lost) => session.stream('serve', { service: service.name, ...options }, { signal, lost }),
    isTask: isCall,
    handle: (served, left) => answer(service, handler, served, left),
    settle: (reply, failed) => session.tell('reply', reply, failed),
    unsettled: ({ message }) => session.warn('handler', `${service.name}: an answer was lost: ${message}`),
  });
}

type ServedCall = Extract<ServedRequest, { type: 'call' }>;

function isCall(served: ServedRequest): served is ServedCall {
  return served.type === 'call';
}

async function answer(
  { name, input: inputSchema, output: outputSchema }: AnyService,
  handler: (call: Call) => unknown,
  { type: _type, ticket: _ticket, input: given, ...rest }: ServedCall,
  left: LateAbort,
): Promise<{ output: unknown }> {
  const input = await checkBySchema(inputSchema, given, `service ${name}: input`);
  const call = {
    ...rest,
    input,
    get signal() {
      return left.signal;
    },
  };
  const output = await handler(call);
  return { output: await checkBySchema(outputSchema, output, `service ${name}: output`) };
}
