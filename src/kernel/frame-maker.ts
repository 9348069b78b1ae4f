/**
 * Frames that this node makes: their headers, and room for a trace where one is asked for.
 *
 * Who calls it: the agents, the forwarder and the prepared frames. Invariant: a frame made here names this node
 * as its source, and no behavior's payload makes it larger than a frame may be.
 */
import type { SelfView, SendOptions } from './contracts.ts';
import type { NodeId } from './identity.ts';
import { limits } from './limits.ts';
import { encodeFrame, Flag, type Header, type RouteKind } from './wire/frame.ts';

/** Header, recipients and trace must fit besides. */
const payloadBytesMax = limits.frameBytesMax - 32 * 1024;

export class FrameMaker {
  private readonly self: SelfView;

  constructor(self: SelfView) {
    this.self = self;
  }

  /**
   * @param recipients Of route kind many, all behind one next hop.
   * @throws TypeError when the frame would be over the limit: a behavior must split what it sends.
   */
  make(
    feature: number,
    kind: RouteKind,
    destination: NodeId,
    payload: Uint8Array,
    options: SendOptions,
    recipients?: readonly NodeId[],
  ): Uint8Array {
    checkSize(payload);
    return encodeFrame(
      this.header(feature, kind, destination, options),
      traceRoom(payload, options),
      recipients,
    );
  }

  header(
    feature: number,
    kind: RouteKind,
    destination: NodeId,
    options: SendOptions,
    extraFlags = 0,
  ): Header {
    const flags =
      (options.wantsReturn === true ? Flag.wantsReturn : 0) |
      (options.traced === true ? Flag.traced : 0) |
      extraFlags;
    const source = this.self.id;
    const { type, sequence = 0, ttl = limits.ttlHops } = options;
    return { kind, type, feature, destination, source, sequence, flags, ttl };
  }
}

/** @throws TypeError */
export function checkSize(payload: Uint8Array): void {
  if (payload.length <= payloadBytesMax) return;
  throw new TypeError(`a payload of ${payload.length} bytes is over the limit of ${payloadBytesMax}`);
}

/** A traced frame ends in the count of its hops, which is none at the source. */
function traceRoom(payload: Uint8Array, options: SendOptions): Uint8Array {
  if (options.traced !== true) return payload;
  const bytes = new Uint8Array(payload.length + 1);
  bytes.set(payload);
  return bytes;
}
