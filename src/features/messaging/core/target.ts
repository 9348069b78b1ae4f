/**
 * A recipient and a kind, made ready: what all messages of that kind to it have in common.
 *
 * Made by the sender for the api, which keeps it: with it a message costs no look-up by name, no header and no path
 * of its own. Invariant: the next hop is as the routes have it at the moment of sending.
 */
import type { BehaviorAgent, PreparedBroadcast, PreparedFrame } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { writeU48 } from '../../../kernel/wire/bytes.ts';
import { headerBytes } from '../../../kernel/wire/frame.ts';
import { encodeHead, floorOffset, MessageType } from './wire.ts';

/** With bytes, and with a value. */
type Frames = readonly [PreparedFrame, PreparedFrame];

export class Target {
  readonly node: NodeId;
  readonly kind: string;
  private readonly agent: BehaviorAgent;
  private readonly data: Frames;
  private readonly unacknowledged: Frames;
  private neighbor: NodeId | undefined;
  private version = -1;

  constructor(node: NodeId, kind: string, agent: BehaviorAgent) {
    this.node = node;
    this.kind = kind;
    this.agent = agent;
    this.data = [this.prepare(MessageType.data, 0), this.prepare(MessageType.data, 1)];
    this.unacknowledged = [
      this.prepare(MessageType.unacknowledged, 0),
      this.prepare(MessageType.unacknowledged, 1),
    ];
  }

  /** The neighbor that a message leaves by now. */
  get via(): NodeId | undefined {
    const { routes } = this.agent;
    const { version } = routes;
    if (version !== this.version) {
      this.version = version;
      const path = routes.pathToNode(this.node);
      this.neighbor = path.action === 'next' ? path.neighbor : undefined;
    }
    return this.neighbor;
  }

  /** The beginning of one that wants a receipt; good for the next message only. */
  headOfData(encoding: number, floor: number): PreparedFrame {
    const frame = this.data[encoding as 0 | 1];
    writeU48(frame.bytes, headerBytes + floorOffset, floor);
    return frame;
  }

  headOfPost(encoding: number): PreparedFrame {
    return this.unacknowledged[encoding as 0 | 1];
  }

  private prepare(type: number, encoding: number): PreparedFrame {
    const head = encodeHead(this.agent.self.instance, this.kind, encoding);
    return this.agent.prepare(this.node, head, { type, wantsReturn: type === MessageType.data });
  }
}

/** The same for all: without receipts. */
export class Everybody {
  readonly kind: string;
  private readonly frames: readonly [PreparedBroadcast, PreparedBroadcast];

  constructor(kind: string, agent: BehaviorAgent) {
    this.kind = kind;
    const { instance } = agent.self;
    const options = { type: MessageType.unacknowledged };
    const prepare = (encoding: number) =>
      agent.prepareBroadcast(encodeHead(instance, kind, encoding), options);
    this.frames = [prepare(0), prepare(1)];
  }

  head(encoding: number): PreparedBroadcast {
    return this.frames[encoding as 0 | 1];
  }
}
