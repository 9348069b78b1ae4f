/**
 * What other processes may ask of calls: to ask a service, and to answer for one.
 *
 * `serve` is a stream of requests, each with a ticket; `reply` answers one. Invariant: a ticket is good for one
 * answer, and only at the node that gave it; when the stream ends, what was not answered has failed.
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { bodyFromJson, bodyToJson } from '../../kit/body.ts';
import { flag, kindName, nodeName, oneOf, serviceName, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import { PushStream } from '../../kit/stream.ts';
import { service } from './api/service.ts';
import type { Call, CallsApi } from './api.ts';
import { strategies } from './core/calls-types.ts';
import { callLimits } from './core/limits.ts';

/** A request to answer, or one that nobody waits for any more. */
export type ServedJson =
  | ({ readonly type: 'call'; readonly ticket: number; readonly input: unknown } & Omit<
      Call,
      'input' | 'signal'
    >)
  | { readonly type: 'left'; readonly ticket: number };

interface Ticket {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Requests of one node that another program has and has not answered. */
class Tickets {
  private readonly open = new Map<number, Ticket>();
  private last = 0;

  issue(): { readonly ticket: number; readonly answer: Promise<unknown> } {
    const ticket = ++this.last;
    const answer = new Promise<unknown>((resolve, reject) => this.open.set(ticket, { resolve, reject }));
    return { ticket, answer };
  }

  /** @throws SkeinError SKEIN_INVALID */
  take(ticket: number): Ticket {
    const taken = this.open.get(ticket);
    if (taken === undefined)
      throw new SkeinError('SKEIN_INVALID', `ticket: ${ticket} is answered, or never was one`);
    this.open.delete(ticket);
    return taken;
  }

  lose(ticket: number): void {
    this.open.get(ticket)?.reject(new SkeinError('SKEIN_LOST', 'the program that was to answer it is gone'));
    this.open.delete(ticket);
  }
}

const ticketsByApi = new WeakMap<CallsApi, Tickets>();

function ticketsOf(node: CallsApi): Tickets {
  let tickets = ticketsByApi.get(node);
  if (tickets === undefined) {
    tickets = new Tickets();
    ticketsByApi.set(node, tickets);
  }
  return tickets;
}

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
    async run(api, input, signal) {
      const { service: name, body: json, idempotent = false, ...options } = input;
      if (!('body' in input))
        throw new SkeinError('SKEIN_INVALID', 'body: missing; any JSON value, or {"$bytes":"BASE64"}');
      const asked = service(name, { idempotent });
      return { output: bodyToJson(await api.request(asked, bodyFromJson(json), { ...options, signal })) };
    },
  }),
  serve: stream({
    summary: 'Offer a service and get its requests, each to be answered by `reply`.',
    input: v.strictObject({
      service: serviceName,
      concurrency: v.exactOptional(wholeNumber(1, callLimits.callsUnresolvedMax)),
      queue: v.exactOptional(wholeNumber(0, callLimits.callsUnresolvedMax)),
    }),
    async run(api, { service: name, ...options }, signal): Promise<AsyncIterable<ServedJson>> {
      const tickets = ticketsOf(api);
      const given = new Set<number>();
      const subscription = api.respond(
        name,
        (request) => {
          const { ticket, answer } = tickets.issue();
          given.add(ticket);
          served.push(servedJson(ticket, request));
          request.signal.addEventListener('abort', () => served.push({ type: 'left', ticket }), {
            once: true,
          });
          return answer.finally(() => given.delete(ticket));
        },
        options,
      );
      const closed = (): void => {
        void subscription.close();
        for (const ticket of [...given]) tickets.lose(ticket);
      };
      const served = new PushStream<ServedJson>({ closed }, subscription.opened, signal);
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
    async run(api, input) {
      const { ticket, output, failure } = input;
      if ('output' in input === (failure !== undefined))
        throw new SkeinError('SKEIN_INVALID', 'reply: give an output or a failure, and only one of them');
      // Before the ticket is taken: what cannot be read may be given again.
      const value = failure === undefined ? bodyFromJson(output) : undefined;
      const { resolve, reject } = ticketsOf(api).take(ticket);
      if (failure === undefined) resolve(value);
      else
        reject(
          Object.assign(new Error(failure.message), failure.code === undefined ? {} : { code: failure.code }),
        );
      return {};
    },
  }),
};

function servedJson(ticket: number, call: Call): ServedJson {
  const { service, source, sourceId, instance, id, timeoutMs, input } = call;
  return {
    type: 'call',
    ticket,
    service,
    source,
    sourceId,
    instance,
    id,
    timeoutMs,
    input: bodyToJson(input),
  };
}
