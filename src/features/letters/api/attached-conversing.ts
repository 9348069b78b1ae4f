/** Conversations of a node in another process, over the operations of letters. */
import { MappedStream } from '../../../kit/mapped-stream.ts';
import type { Session } from '../../../kit/session.ts';
import type { MessageSubscription } from '../../../kit/streams.ts';
import { conversationLabel } from '../../conversations/core/shared.ts';
import type { Conversation, HandleOptions, Letter, LettersApi } from '../api.ts';
import type { operations } from '../remote.ts';
import { checkConversationId, checkGuests, checkSayOptions } from './check-conversation.ts';

type LettersSession = Session<typeof operations>;
type Handle = (handler: (letter: Letter) => unknown, options: HandleOptions) => MessageSubscription;

export function attachedConversing(
  session: LettersSession,
  handle: Handle,
): Pick<LettersApi, 'converse' | 'conversation' | 'conversations'> {
  return {
    async converse(names, options = {}) {
      const guests = checkGuests('letters.converse', names, options);
      await session.ready();
      return talk(session, handle, (await session.call('converse', guests)).id);
    },
    conversation(id) {
      checkConversationId(id);
      session.checkOpen();
      return talk(session, handle, id);
    },
    async conversations() {
      await session.ready();
      return (await session.call('conversations', {})).conversations;
    },
  };
}

function talk(session: LettersSession, handle: Handle, id: string): Conversation {
  return {
    id,
    async say(body, options = {}) {
      checkSayOptions(options);
      const { signal, notBefore, ...rest } = options;
      const time = notBefore === undefined ? {} : { notBefore: notBefore.getTime() };
      await session.ready();
      return session.call('say', { id, body, ...rest, ...time }, { signal });
    },
    async invite(names, options = {}) {
      const guests = checkGuests('invite', names, options);
      await session.ready();
      return (await session.call('invite', { id, ...guests })).participants;
    },
    async leave() {
      await session.ready();
      await session.call('leaveConversation', { id });
    },
    async participants() {
      await session.ready();
      return (await session.call('participants', { id })).participants;
    },
    watch({ signal } = {}) {
      const source = session.stream('watchConversation', { id }, { signal });
      return new MappedStream(source, ({ participants }) => participants);
    },
    handle: (handler, options = {}) =>
      handle(handler as (letter: Letter) => unknown, { ...options, types: [conversationLabel(id)] }),
  };
}
