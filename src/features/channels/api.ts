/**
 * What a program sees of channels: `pair`, `pairs`, and the stream that they end in.
 *
 * A part of the `SkeinNode` interface, in this process and attached alike.
 */
import type { Duplex } from 'node:stream';
import type { MessageStream, StreamOptions, WaitOptions } from '../../kit/streams.ts';

/** A part of every node. */
export interface ChannelsApi {
  /**
   * Opens a channel to another node: a stream of bytes in both directions, end to end, in order, with nothing lost or
   * doubled while both nodes live, whatever happens to the links between them. It goes by a direct link where an
   * address of the other node can be reached, else through the mesh, and changes between the two by itself.
   * Resolves once the program at the other end has accepted it (`pairs`).
   * @throws TypeError for arguments; SkeinError SKEIN_SELF, SKEIN_UNKNOWN_NODE, SKEIN_NO_ROUTE; SKEIN_REFUSED (its
   * message says by whom and why: no program there accepts the protocol, or it has refused); SKEIN_BUSY;
   * SKEIN_TIMEOUT, SKEIN_LOST, SKEIN_ABORTED, SKEIN_CLOSED.
   */
  pair(node: string, options?: PairOptions): Promise<Channel>;
  /**
   * Requests of others for channels, each to be accepted or refused; one that is neither within 30 s is refused. Of
   * one protocol, or (without one) of all that no other `pairs` of this node takes.
   * @throws TypeError for arguments; SkeinError SKEIN_INVALID when this node takes that protocol already.
   */
  pairs(options?: PairsOptions): MessageStream<PairRequest>;
}

/** How much a channel may hold. */
export interface WindowOptions {
  /**
   * So many bytes of the other end may wait here until the program reads them: 16 KiB to 64 MiB, default 2 MiB. More
   * is faster over long ways, and is what a channel holds whose reader stands still.
   */
  readonly windowBytes?: number;
}

/** How a channel is opened. */
export interface PairOptions extends WaitOptions, WindowOptions {
  /** What both programs call what they speak: 1 to 64 of `[A-Za-z0-9._-]`. Default `pair`. */
  readonly protocol?: string;
  /** How long to wait for the other program. Default 10,000. */
  readonly timeoutMs?: number;
}

/** Which channels are taken. */
export interface PairsOptions extends StreamOptions {
  /** Default: all that nobody else takes. */
  readonly protocol?: string;
}

/** Somebody asks for a channel. */
export interface PairRequest {
  /** The name of the node that asks. */
  readonly from: string;
  /** What its program calls what it speaks. */
  readonly protocol: string;
  /** Both ends may write at once. Where nobody waits any more, the channel is over, and says so as an error. */
  accept(options?: WindowOptions): Channel;
  /** Says no. @param reason A few words for the other end's error; 512 characters at most. */
  refuse(reason?: string): void;
}

/**
 * A stream of bytes to another node and back. As a `Duplex` of `node:stream` it goes with `pipeline`, `for await` and
 * all that takes one. `end()` ends one half: the other may go on. `finish` means that the other node has all.
 * Iterating to the end closes it, as with any duplex: who wants to answer after the end reads by `data` and `end`.
 *
 * Errors: SkeinError SKEIN_LOST when the other node left, started anew, was out of reach for 5 s, or its program gave
 * the channel up (`destroy`); SKEIN_CLOSED when this node ends.
 */
export interface Channel extends Duplex {
  /** The node at the other end. */
  readonly node: string;
  /** What both programs call what they speak. */
  readonly protocol: string;
  /** How its bytes go now: over a link to the other node, or through others. */
  readonly path: 'direct' | 'mesh';
  /** What has passed so far. */
  readonly counters: ChannelCounters;
}

/** Bytes of a channel, since it was opened. */
export interface ChannelCounters {
  /** Written by this program. */
  readonly writtenBytes: number;
  /** Of these, with the other node for certain. */
  readonly acknowledgedBytes: number;
  /** Come in. */
  readonly receivedBytes: number;
  /** Of these, not read by this program yet. */
  readonly waitingBytes: number;
}
