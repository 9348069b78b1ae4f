/**
 * `pairs` and `refuse`: a program in another process decides on requests for channels with this node.
 *
 * `pairs` is a stream of requests, each with a ticket; `refuse` says no to one. Yes is said by the channel itself,
 * which the control socket takes over as bytes (`takePairRequest`). Invariant: a ticket is good for one answer, and
 * only at the node that gave it.
 */
import * as v from 'valibot';
import { SkeinError } from '../../../kernel/errors.ts';
import { nodeName, serviceName, wholeNumber } from '../../../kit/fields.ts';
import { openStream } from '../../../kit/open-stream.ts';
import { operation, streamOperation } from '../../../kit/operation.ts';
import type { SkeinNode } from '../../../node/node.ts';
import type { PairRequest } from '../api/channel.ts';
import { channelLimits } from '../core/limits.ts';

/** A request to decide on. */
export interface PairRequestJson {
  readonly ticket: number;
  readonly from: string;
  readonly protocol: string;
}

const windowBytes = v.exactOptional(
  wholeNumber(channelLimits.channelWindowBytesMin, channelLimits.channelWindowBytesMax),
);

/** What a channel is asked for with, on the control socket. */
export const pairInput = v.strictObject({
  node: nodeName,
  protocol: v.exactOptional(serviceName),
  windowBytes,
  timeoutMs: v.exactOptional(wholeNumber(1, 24 * 3_600_000)),
});

/** What a request of `pairs` is accepted with. */
export const acceptInput = v.strictObject({
  ticket: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  windowBytes,
});

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

const ticketsByNode = new WeakMap<SkeinNode, PairTickets>();

function ticketsOf(node: SkeinNode): PairTickets {
  let tickets = ticketsByNode.get(node);
  if (tickets === undefined) {
    tickets = new PairTickets();
    ticketsByNode.set(node, tickets);
  }
  return tickets;
}

/** The request of a ticket, to be accepted or refused. @throws SkeinError SKEIN_INVALID */
export function takePairRequest(node: SkeinNode, ticket: number): PairRequest {
  return ticketsOf(node).take(ticket);
}

export const pairs = streamOperation({
  name: 'pairs',
  summary: 'Requests of others for channels, each to be accepted (as a channel) or refused.',
  input: v.strictObject({ protocol: v.exactOptional(serviceName) }),
  run: (node, input, signal) =>
    openStream(node.pairs({ ...input, signal }), (request) => ticketsOf(node).issue(request)),
});

export const refuse = operation({
  name: 'refuse',
  summary: 'Refuse a request for a channel that `pairs` gave.',
  input: v.strictObject({
    ticket: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    reason: v.exactOptional(v.string()),
  }),
  async run(node, { ticket, reason }) {
    takePairRequest(node, ticket).refuse(reason);
    return {};
  },
});
