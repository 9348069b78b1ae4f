/**
 * What other processes may ask of calls: to ask a service, and to answer for one.
 *
 * `serve` is a stream of requests, each with a ticket; `reply` answers one. Invariant: a ticket is good for one
 * answer, and only in the session that it was given in; when the stream ends, what was not answered has failed.
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, kindName, nodeName, oneOf, serviceName, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { type Bodies, operationsOf } from '../../kit/operation.ts';
import { PushStream } from '../../kit/stream.ts';
import { TicketsByCaller } from '../../kit/tickets.ts';
import { nothing } from '../../kit/view-schemas.ts';
import { type Settlers, withResolvers } from '../../kit/with-resolvers.ts';
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
  | { readonly type: 'left'; readonly ticket: number };

/** A service is offered by one program of one session, and what it has not answered when that ends has failed. */
const tickets = new TicketsByCaller<Settlers<unknown>>();

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
const leftSchema = v.strictObject({ type: v.literal('left'), ticket: v.number() });

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
    async run(
      api,
      { service: name, ...options },
      { signal, caller, bodies },
    ): Promise<AsyncIterable<ServedRequest>> {
      const held = tickets.of(caller);
      const given = new Set<number>();
      const subscription = api.respond(
        name,
        (request) => {
          const { promise, ...settle } = withResolvers<unknown>();
          const ticket = held.issue(settle);
          given.add(ticket);
          served.push(servedRequest(ticket, request, bodies));
          whenLeft(request, () => served.push({ type: 'left', ticket }));
          return promise.finally(() => given.delete(ticket));
        },
        options,
      );
      const closed = (): void => {
        void subscription.close();
        for (const ticket of [...given]) held.drop(ticket)?.reject(answererGone());
      };
      const served = new PushStream<ServedRequest>({ closed }, subscription.opened, signal);
      await served.opened;
      return served;
    },
  }),
  reply: call({
    summary: 'Answer a request that `serve` gave: with an output, or with a failure.',
    input: v.strictObject({
      ticket: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      output: v.exactOptional(v.unknown()),
      failure: v.exactOptional(v.strictObject({ code: v.exactOptional(v.string()), message: v.string() })),
    }),
    output: nothing,
    example: { ticket: 1, output: 42 },
    async run(_api, input, { caller, bodies }) {
      const { ticket, output, failure } = input;
      if ('output' in input === (failure !== undefined))
        throw new SkeinError('SKEIN_INVALID', 'reply: give an output or a failure, and only one of them');
      // Before the ticket is taken: what cannot be read may be given again.
      const value = failure === undefined ? bodies.fromWire(output) : undefined;
      const { resolve, reject } = tickets.of(caller).take(ticket);
      if (failure === undefined) resolve(value);
      else
        reject(
          Object.assign(new Error(failure.message), failure.code === undefined ? {} : { code: failure.code }),
        );
      return {};
    },
  }),
};

function answererGone(): SkeinError {
  return new SkeinError('SKEIN_LOST', 'the program that was to answer it is gone');
}

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
