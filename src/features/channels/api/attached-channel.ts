/**
 * Channels of a node in another process, over its operations.
 *
 * Invariant: what is written before the node has answered waits for that.
 */
import { Duplex } from 'node:stream';
import { SkeinError } from '../../../kernel/errors.ts';
import { checkName } from '../../../kernel/identity.ts';
import { MappedStream } from '../../../kit/mapped-stream.ts';
import type { Session, SessionDuplex } from '../../../kit/session.ts';
import type { MessageStream, Taking } from '../../../kit/streams.ts';
import type { Channel, ChannelCounters, ChannelsApi, PairRequest, WindowOptions } from '../api.ts';
import type { operations, PairRequestFields } from '../remote.ts';
import { checkAcceptOptions, checkPairOptions, checkPairsOptions } from './check-options.ts';

type ChannelsSession = Session<typeof operations>;

interface ChannelState {
  readonly path: 'direct' | 'mesh';
  readonly counters: ChannelCounters;
}

const unknownState: ChannelState = {
  path: 'mesh',
  counters: { writtenBytes: 0, acknowledgedBytes: 0, receivedBytes: 0, waitingBytes: 0 },
};

export function attachedChannels(session: ChannelsSession): ChannelsApi {
  return {
    async pair(node, given = {}) {
      checkName(node, 'pair: node');
      checkPairOptions(given);
      const { signal, ...options } = given;
      await session.ready();
      const stream = session.duplex('pair', { node, ...options }, { signal });
      // What keeps it from opening is thrown here; there is no channel yet that could tell it.
      const ignore = (): void => undefined;
      stream.on('error', ignore);
      await stream.opened;
      stream.off('error', ignore);
      return channelOf(stream, node, options.protocol ?? 'pair');
    },
    pairs(given = {}) {
      checkPairsOptions(given);
      const { signal, ...options } = given;
      let current = { isLost: false };
      const lost = (): void => {
        // They are refused, and their tickets are those of other requests in the next session.
        while (stream.takeNow?.() !== undefined);
        current.isLost = true;
        current = { isLost: false };
      };
      const stream: MessageStream<PairRequestFields> & Taking<PairRequestFields> = session.stream(
        'pairs',
        options,
        { signal, lost },
      );
      return new MappedStream(stream, (fields) => requestOf(session, fields, current));
    },
  };
}

/** @param given The session that it came in. */
function requestOf(
  session: ChannelsSession,
  { ticket, from, protocol }: PairRequestFields,
  given: { readonly isLost: boolean },
): PairRequest {
  return {
    from,
    protocol,
    accept(options: WindowOptions = {}) {
      checkAcceptOptions(options);
      if (given.isLost) return channelOf(neverOpened(), from, protocol);
      return channelOf(session.duplex('accept', { ticket, ...options }), from, protocol);
    },
    refuse: (reason?: string) => {
      if (given.isLost) return;
      const input = reason === undefined ? { ticket } : { ticket, reason };
      // The caller is told in any case: at the latest that nobody has answered.
      void session.call('refuse', input).catch(() => undefined);
    },
  };
}

function neverOpened(): SessionDuplex {
  const text = 'the connection to the node on which the request came was lost, and the request with it';
  const error = new SkeinError('SKEIN_LOST', text);
  const opened = Promise.reject(error);
  opened.catch(() => undefined);
  return Object.assign(new Duplex().destroy(error), { opened, state: undefined });
}

/** The stream itself, with what a channel tells of itself besides. */
function channelOf(stream: SessionDuplex, node: string, protocol: string): Channel {
  const stateOf = (): ChannelState => (stream.state as ChannelState | undefined) ?? unknownState;
  return Object.defineProperties(stream, {
    node: { value: node, enumerable: true },
    protocol: { value: protocol, enumerable: true },
    path: { get: () => stateOf().path },
    counters: { get: () => stateOf().counters },
  }) as unknown as Channel;
}
