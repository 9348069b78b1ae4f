/**
 * What other processes may ask of channels: to open one, and to decide on requests of others.
 *
 * `pairs` is a stream of requests, each with a ticket; `accept` (a channel) or `refuse` answers one. Invariant: a
 * ticket is good for one answer, and only at the node that gave it.
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { nodeName, serviceName, wholeNumber } from '../../kit/fields.ts';
import { openStream } from '../../kit/open-stream.ts';
import { type DuplexAnswer, operationsOf } from '../../kit/operation.ts';
import type { Channel, ChannelsApi, PairOptions, PairRequest } from './api.ts';
import { channelLimits } from './core/limits.ts';

/** A request to decide on. */
export interface PairRequestJson {
  readonly ticket: number;
  readonly from: string;
  readonly protocol: string;
}

/** Tickets of requests that are older than any that still waits. */
const ticketsMax = 4096;

class PairTickets {
  private readonly open = new Map<number, PairRequest>();
  private last = 0;

  issue(request: PairRequest): PairRequestJson {
    const ticket = ++this.last;
    this.open.set(ticket, request);
    this.open.delete(ticket - ticketsMax);
    return { ticket, from: request.from, protocol: request.protocol };
  }

  take(ticket: number): PairRequest {
    const request = this.open.get(ticket);
    if (request === undefined)
      throw new SkeinError('SKEIN_INVALID', `ticket: ${ticket} is decided on, or never was one`);
    this.open.delete(ticket);
    return request;
  }
}

const ticketsByApi = new WeakMap<ChannelsApi, PairTickets>();

function ticketsOf(node: ChannelsApi): PairTickets {
  let tickets = ticketsByApi.get(node);
  if (tickets === undefined) {
    tickets = new PairTickets();
    ticketsByApi.set(node, tickets);
  }
  return tickets;
}

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
    run: async (api, { node, ...options }, signal) =>
      answer(await api.pair(node, { ...(options as PairOptions), signal })),
  }),
  pairs: stream({
    summary: 'Requests of others for channels, each to be accepted (as a channel) or refused.',
    input: v.strictObject({ protocol: v.exactOptional(serviceName) }),
    run: (api, input, signal) =>
      openStream(api.pairs({ ...input, signal }), (request) => ticketsOf(api).issue(request)),
  }),
  accept: duplex({
    summary: 'Accept a request for a channel that `pairs` gave.',
    input: v.strictObject({ ticket, windowBytes }),
    run: async (api, { ticket: number, ...options }) =>
      answer(
        ticketsOf(api)
          .take(number)
          .accept(options as PairOptions),
      ),
  }),
  refuse: call({
    summary: 'Refuse a request for a channel that `pairs` gave.',
    input: v.strictObject({ ticket, reason: v.exactOptional(v.string()) }),
    async run(api, { ticket: number, reason }) {
      ticketsOf(api).take(number).refuse(reason);
      return {};
    },
  }),
};

function answer(channel: Channel): DuplexAnswer {
  return { stream: channel, state: () => ({ path: channel.path, counters: channel.counters }) };
}
