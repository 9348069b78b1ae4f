/**
 * Lines between a node that others follow, and its followers: each node follows one at a time.
 *
 * For features of which any node may lead, such as a member of the swarm and its broker: followers say what they have,
 * the leader keeps it. Invariant: when the leader is another one, or another epoch or run of the same, what was on its
 * way to it is abandoned, and the follower's side is called to say everything again.
 */
import type { FrameCalls, KernelEvent } from '../contracts.ts';
import type { NodeId } from '../identity.ts';
import { Lines, type Sender } from './lines.ts';

/** Who says something, and its name as it announces it. */
export interface NamedSender extends Sender {
  readonly name: string;
}

export interface FollowingPorts<Message> {
  /** Undefined: nobody is followed at this moment. */
  leader(): NodeId | undefined;
  /** Undefined: it is none. It is dropped. */
  decode(bytes: Uint8Array): Message | undefined;
  /** @param done To be called once it is processed. What is not is sent again where the line begins again. */
  received(from: NamedSender, message: Message, done: () => void): void;
  /** This node follows a leader from here on. */
  following(): void;
  /** As the leader: the incarnation of that follower is over. */
  ended(node: NodeId): void;
  /** As the leader: that node cannot be reached, or can again. */
  away(node: NodeId, isAway: boolean): void;
  /** As the leader: that follower has abandoned what it had sent and was not processed. */
  startedOver?(node: NodeId): void;
  /** As a follower: the leader can be reached again. It may have taken this node for gone. */
  leaderIsBack?(): void;
}

export class FollowingLines<Message> extends Lines {
  readonly frames: FrameCalls = {
    message: (_agent, frame) => this.message(frame),
    returned: (_agent, returned) => this.returned(returned),
  };
  private readonly ends: FollowingPorts<Message>;
  /** Who was followed last. */
  private followed: NodeId | undefined;

  constructor(ends: FollowingPorts<Message>) {
    super({
      received: (from, bytes, done) => this.handOver(from, bytes, done),
      ended: (node) => this.incarnationEnded(node),
      forgotten: (node) => {
        if (node === this.followed) this.leaderChanged();
      },
      startedOver: (node) => {
        if (node !== this.followed) ends.startedOver?.(node);
      },
    });
    this.ends = ends;
  }

  get isFollowing(): boolean {
    return this.followed !== undefined;
  }

  /** False: there is no leader that could be sent anything. @param processed As of `send`. */
  sendToLeader(message: Uint8Array, processed?: () => void): boolean {
    const leader = this.ends.leader();
    return leader !== undefined && this.send(leader, message, processed);
  }

  /** Nobody but the leader of the moment is to be believed to speak as one. */
  isLeader({ node }: Sender): boolean {
    return node === this.ends.leader();
  }

  /** To be called for each other leader, and each other epoch of the same. */
  leaderChanged(): void {
    if (this.followed !== undefined) this.drop(this.followed);
    this.followed = this.ends.leader();
    this.agent.flushLater();
    if (this.followed !== undefined) this.ends.following();
  }

  override event(event: KernelEvent): void {
    super.event(event);
    if (event.type !== 'node-up' && event.type !== 'node-down') return;
    const { id } = event.node;
    this.ends.away(id, event.type === 'node-down');
    if (event.type === 'node-up' && id === this.followed) this.ends.leaderIsBack?.();
  }

  /** As a follower this node hears of the next leader, or of the next run of this one. */
  private incarnationEnded(node: NodeId): void {
    this.ends.ended(node);
    if (node === this.ends.leader()) this.leaderChanged();
  }

  private handOver(from: Sender, bytes: Uint8Array, done: () => void): void {
    const message = this.ends.decode(bytes);
    const name = this.agent.directory.get(from.node)?.name;
    if (message === undefined || name === undefined) return done();
    const { node, life, run } = from;
    // Written out: a spread of numbers as large as these makes another hidden class for each message.
    this.ends.received({ node, life, run, name }, message, done);
  }
}
