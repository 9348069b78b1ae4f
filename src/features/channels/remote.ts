/**
 * What other processes may ask of channels: to open one, and to decide on requests of others.
 *
 * `pairs` is a stream of requests, each with a ticket; `accept` (a channel) or `refuse` answers one. Invariant: a
 * ticket is good for one answer, and only in the session that it was given in; what is undecided when the stream
 * ends is refused.
 */
import * as v from 'valibot';
import { nodeName, serviceName, wholeNumber } from '../../kit/fields.ts';
import { type DuplexAnswer, operationsOf } from '../../kit/operation.ts';
import type { MessageStream } from '../../kit/streams.ts';
import { type Tickets, TicketsByCaller } from '../../kit/tickets.ts';
import { nothing } from '../../kit/view-schemas.ts';
import type { Channel, ChannelsApi, PairOptions, PairRequest } from './api.ts';
import { channelLimits } from './core/limits.ts';

/** A request to decide on. */
export interface PairRequestFields {
  readonly ticket: number;
  readonly from: string;
  readonly protocol: string;
}

/** Requests that one program of one session decides on. */
const tickets = new TicketsByCaller<PairRequest>();

const windowBytes = v.exactOptional(
  wholeNumber(channelLimits.channelWindowBytesMin, channelLimits.channelWindowBytesMax),
);
const ticket = wholeNumber(1, Number.MAX_SAFE_INTEGER);

const { call, stream, duplex } = operationsOf<ChannelsApi>();

export const operations = {
  pair: duplex({
    summary: 'Open a channel to a node, or to one that offers a service of that name.',
    input: v.strictObject({
      node: nodeName,
      protocol: v.exactOptional(serviceName),
      windowBytes,
      timeoutMs: v.exactOptional(wholeNumber(1, 24 * 3_600_000)),
    }),
    example: { node: 'b', protocol: 'log' },
    run: async (api, { node, ...options }, { signal }) =>
      answer(await api.pair(node, { ...(options as PairOptions), signal })),
  }),
  pairs: stream({
    summary: 'Requests of others for channels, each to be accepted (as a channel) or refused.',
    input: v.strictObject({ protocol: v.exactOptional(serviceName) }),
    output: v.strictObject({ ticket: v.number(), from: v.string(), protocol: v.string() }),
    example: { protocol: 'log' },
    async run(api, input, { signal, caller }) {
      const requests = api.pairs({ ...input, signal });
      await requests.opened;
      return ticketed(requests, tickets.of(caller));
    },
  }),
  accept: duplex({
    summary: 'Accept a request for a channel that `pairs` gave.',
    input: v.strictObject({ ticket, windowBytes }),
    example: { ticket: 1 },
    run: async (_api, { ticket: number, ...options }, { caller }) =>
      answer(
        tickets
          .of(caller)
          .take(number)
          .accept(options as PairOptions),
      ),
  }),
  refuse: call({
    summary: 'Refuse a request for a channel that `pairs` gave.',
    input: v.strictObject({ ticket, reason: v.exactOptional(v.string()) }),
    output: nothing,
    example: { ticket: 1, reason: 'not now' },
    async run(_api, { ticket: number, reason }, { caller }) {
      tickets.of(caller).take(number).refuse(reason);
      return {};
    },
  }),
};

async function* ticketed(
  requests: MessageStream<PairRequest>,
  held: Tickets<PairRequest>,
): AsyncGenerator<PairRequestFields> {
  const given: number[] = [];
  try {
    for await (const request of requests) {
      const ticket = held.issue(request);
      given.push(ticket);
      yield { ticket, from: request.from, protocol: request.protocol };
    }
  } finally {
    for (const ticket of given) held.drop(ticket)?.refuse('the program that was to decide is gone');
  }
}

function answer(channel: Channel): DuplexAnswer {
  return { stream: channel, state: () => ({ path: channel.path, counters: channel.counters }) };
}
