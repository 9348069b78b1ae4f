/**
 * What other processes may ask of calls: to ask a service, and to answer for one.
 *
 * `serve` is a stream of requests, each with a ticket; `reply` answers one (`kit/handler-streams.ts`).
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, kindName, nodeName, oneOf, serviceName, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import {
  answerIn,
  HandlerStreams,
  type Left,
  leftSchema,
  settlementFields,
} from '../../kit/handler-streams.ts';
import { type Bodies, operationsOf } from '../../kit/operation.ts';
import { nothing } from '../../kit/view-schemas.ts';
import { whenLeft } from './api/received-call.ts';
import { service } from './api/service.ts';
import type { Call, CallsApi } from './api.ts';
import { strategies } from './core/calls-types.ts';
import { callLimits } from './core/limits.ts';

/** A request to answer, or one that nobody waits for any more. */
export type ServedRequest =
  | ({ readonly type: 'call'; readonly ticket: number; readonly input: unknown } & Omit<
      Call,
      'input' | 'signal'
    >)
  | Left;

const responders = new HandlerStreams<unknown>(
  () => new SkeinError('SKEIN_LOST', 'the program that was to answer it is gone'),
);

const callSchema = v.strictObject({
  type: v.literal('call'),
  ticket: v.number(),
  service: v.string(),
  from: v.string(),
  fromId: v.number(),
  instance: v.string(),
  id: v.number(),
  timeoutMs: v.number(),
  input: v.unknown(),
});

const { call, stream } = operationsOf<CallsApi>();

export const operations = {
  call: call({
    summary: 'Ask a service; resolves with its output, or fails with the reason why there is none.',
    input: v.strictObject({
      service: serviceName,
      body: v.exactOptional(v.unknown()),
      to: v.exactOptional(nodeName),
      strategy: v.exactOptional(oneOf(strategies)),
      key: v.exactOptional(kindName),
      idempotent: v.exactOptional(flag),
      timeoutMs: v.exactOptional(timeoutMs),
    }),
    output: v.strictObject({ output: v.optional(v.unknown()) }),
    example: { service: 'add', body: [1, 2] },
    async run(api, input, { signal, bodies }) {
      const { service: name, body: written, idempotent = false, ...options } = input;
      if (!('body' in input))
        throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
      const asked = service(name, { idempotent });
      const output = await api.request(asked, bodies.fromWire(written), { ...options, signal });
      return { output: bodies.toWire(output) };
    },
  }),
  serve: stream({
    summary: 'Offer a service and get its requests, each to be answered by `reply`.',
    input: v.strictObject({
      service: serviceName,
      concurrency: v.exactOptional(wholeNumber(1, callLimits.callsUnresolvedMax)),
      queue: v.exactOptional(wholeNumber(0, callLimits.callsUnresolvedMax)),
    }),
    output: v.variant('type', [callSchema, leftSchema]),
    example: { service: 'double' },
    run: (api, { service: name, ...options }, asking): Promise<AsyncIterable<ServedRequest>> =>
      responders.open<ServedRequest>(asking, ({ hand, push }) =>
        api.respond(
          name,
          (request) =>
            hand((ticket) => {
              whenLeft(request, () => push({ type: 'left', ticket }));
              return servedRequest(ticket, request, asking.bodies);
            }),
          options,
        ),
      ),
  }),
  reply: call({
    summary: 'Answer a request that `serve` gave: with an output, or with a failure.',
    input: v.strictObject({
      ...settlementFields,
      output: v.exactOptional(v.unknown()),
    }),
    output: nothing,
    example: { ticket: 1, output: 42 },
    async run(_api, input, asking) {
      const output = answerIn(asking, input, 'output', 'reply: give an output or a failure');
      return responders.settle(asking, input, output);
    },
  }),
};

function servedRequest(ticket: number, call: Call, bodies: Bodies): ServedRequest {
  const { service, from, fromId, instance, id, timeoutMs, input } = call;
  return {
    type: 'call',
    ticket,
    service,
    from,
    fromId,
    instance,
    id,
    timeoutMs,
    input: bodies.toWire(input),
  };
}
