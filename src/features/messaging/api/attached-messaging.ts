/**
 * Messaging of a node in another process, over its operations.
 *
 * Invariant: a body is checked by its kind's schema on this side, since the node does not know the program's schema.
 */
import { checkName } from '../../../kernel/identity.ts';
import { listOfNames } from '../../../kit/arguments.ts';
import { MappedStream } from '../../../kit/mapped-stream.ts';
import type { Session } from '../../../kit/session.ts';
import type { MessageStream } from '../../../kit/streams.ts';
import type {
  BatchOptions,
  Message,
  MessagesOptions,
  MessagingApi,
  SendOptions,
  SendResult,
} from '../api.ts';
import { messagingLimits } from '../core/limits.ts';
import type { operations } from '../remote.ts';
import { handleStream } from './attached-handler.ts';
import { messagesOf, snoopedOf, validated } from './attached-messages.ts';
import { AttachedPosts } from './attached-posts.ts';
import { CountedBatch } from './batch.ts';
import { checkBatchOptions, checkConsumer, checkHandler, checkSendOptions } from './check-options.ts';
import { defaultKind, type Kind, kindName } from './kind.ts';
import { checkSmall } from './small-body.ts';

export function attachedMessaging(session: Session<typeof operations>): MessagingApi {
  const posts = new AttachedPosts(session);
  const listen = <Body>(call: string, options: MessagesOptions<Body>): MessageStream<Message<Body>> => {
    checkConsumer(call, options as MessagesOptions<never>);
    const { kind, bufferMessages, signal } = options;
    const input = {
      short: true,
      ...(kind === undefined ? {} : { kind: kindName(kind as Kind<never> | string) }),
      ...(bufferMessages === undefined ? {} : { bufferMessages }),
    };
    const stream = session.stream('listen', input, { signal, room: bufferMessages });
    return new MappedStream(stream, messagesOf<Body>(kind, session.warn));
  };
  const api: MessagingApi = {
    send: async (to, body, options = {}) => send(session, recipientsOf(to), body, options),
    broadcast: (body, options = {}) => send(session, ['@all'], body, options),
    recipients: async () => (await session.call('recipients', {})).recipients,
    post: (to, body, options = {}) => posts.post(to, body, options.kind),
    batch(to, given = {}) {
      session.checkOpen();
      checkName(to, 'recipient');
      checkBatchOptions(given as BatchOptions<never>);
      const { inFlight = messagingLimits.receiveBufferMessages, ...options } = given;
      const { kind = defaultKind } = given;
      return new CountedBatch(inFlight, (batch) => (body) => {
        const value = checkSmall('batch', body, kind as Kind<never> | string);
        const named = kindName(kind as Kind<never> | string);
        const sent = send(session, [to], value, { ...options, kind: named, require: 'none' });
        sent.then(
          ({ missing }) => batch.ended(missing[0]?.reason),
          (error: Error) => batch.failed(error),
        );
        return true;
      });
    },
    drained: () => posts.drained(),
    handle(handler, options = {}) {
      checkHandler(handler);
      const pendingMax = options.bufferMessages ?? messagingLimits.receiveBufferMessages;
      return handleStream(listen('handle', options), handler, { pendingMax, warn: session.warn });
    },
    messages: (options = {}) => listen('messages', options),
    snoop: ({ signal } = {}) => new MappedStream(session.stream('snoop', {}, { signal }), snoopedOf),
  };
  return api;
}

async function send<Body>(
  session: Session<typeof operations>,
  to: string[],
  body: Body,
  given: SendOptions<Body>,
): Promise<SendResult> {
  checkSendOptions(given as SendOptions<never>);
  const { kind, signal, ...options } = given;
  const valid = await validated(body, kind);
  const input = { to, body: valid, ...options };
  const named = kind === undefined ? input : { ...input, kind: kindName(kind as Kind<never> | string) };
  return session.call('send', named, { signal });
}

/** @throws TypeError */
function recipientsOf(to: string | readonly string[]): string[] {
  return listOfNames('send', to).map((name) => checkName(name, 'recipient'));
}
