/**
 * `letters.converse` and its like: conversations that are said by letters.
 *
 * Made by the letters facade. Who takes part is kept by the broker (the conversations feature), and asked for each time
 * that something is said. Invariant: what is said goes to all who took part at that moment, or its error says that it
 * may not have gone to anybody.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { MessageStream, MessageSubscription, StreamOptions } from '../../../kit/streams.ts';
import { conversationLabel } from '../../conversations/core/shared.ts';
import type { ConversationsFeatureShape, ConversationsShared } from '../../conversations/shape.ts';
import type { WatchedStreams } from '../../swarm/api/watched-streams.ts';
import type {
  Conversation,
  HandleOptions,
  InviteOptions,
  Letter,
  LetterOptions,
  LettersApi,
  SayOptions,
  SentLetter,
} from '../api.ts';
import type { Letters } from '../core/letters.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { checkConversationId, checkGuests, checkSayOptions } from './check-conversation.ts';

interface Means {
  readonly node: NodePorts<LettersFeatureShape, Letters>;
  readonly streams: WatchedStreams;
  send(to: readonly string[], body: unknown, options: LetterOptions): Promise<SentLetter>;
  handle(handler: (letter: Letter) => unknown, options: HandleOptions): MessageSubscription;
}

export function conversing(means: Means): Pick<LettersApi, 'converse' | 'conversation' | 'conversations'> {
  const { node } = means;
  const rooms = node.needed<ConversationsFeatureShape>('conversations');
  return {
    async converse(names, options = {}) {
      const guests = checkGuests('letters.converse', names, options);
      node.checkOpen();
      return new Talk(means, rooms, (await rooms.begin(guests)).id);
    },
    conversation(id) {
      checkConversationId(id);
      node.checkOpen();
      return new Talk(means, rooms, id);
    },
    async conversations() {
      node.checkOpen();
      return rooms.all();
    },
  };
}

class Talk implements Conversation {
  readonly id: string;
  private readonly means: Means;
  private readonly rooms: ConversationsShared;

  constructor(means: Means, rooms: ConversationsShared, id: string) {
    this.id = id;
    this.means = means;
    this.rooms = rooms;
  }

  async say(body: unknown, options: SayOptions = {}): Promise<SentLetter> {
    checkSayOptions(options);
    const { node, send } = this.means;
    node.checkOpen();
    // Who speaks takes part in it.
    const { participants } = await this.rooms.join(this.id, { names: [], allowUnknown: false });
    const others = participants.filter((name) => name !== node.name);
    if (others.length === 0)
      throw new SkeinError(
        'SKEIN_INVALID',
        `nobody but this node takes part in conversation ${this.id}: invite somebody first`,
      );
    return send(others, body, { ...options, type: conversationLabel(this.id), allowUnknown: true });
  }

  async invite(names: string | readonly string[], options: InviteOptions = {}): Promise<readonly string[]> {
    const guests = checkGuests('invite', names, options);
    this.means.node.checkOpen();
    return (await this.rooms.join(this.id, guests)).participants;
  }

  async leave(): Promise<void> {
    this.means.node.checkOpen();
    await this.rooms.leave(this.id);
  }

  async participants(): Promise<readonly string[]> {
    this.means.node.checkOpen();
    return (await this.rooms.read(this.id))?.participants ?? [];
  }

  watch({ signal }: StreamOptions = {}): MessageStream<readonly string[]> {
    this.means.node.checkOpen();
    return this.means.streams.stream(
      {
        topics: [conversationLabel(this.id)],
        read: () => this.participants(),
        isLast: (participants) => participants.length === 0,
      },
      signal,
    );
  }

  handle<Body>(handler: (letter: Letter<Body>) => unknown, options: HandleOptions = {}): MessageSubscription {
    this.means.node.checkOpen();
    const types = [conversationLabel(this.id)];
    return this.means.handle(handler as (letter: Letter) => unknown, { ...options, types });
  }
}
