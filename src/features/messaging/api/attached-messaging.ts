/**
 * Messaging of a node in another process, over its operations.
 *
 * Invariant: a body is checked by its kind's schema on this side, since the node does not know the program's schema.
 */
import { MappedStream } from '../../../kit/mapped-stream.ts';
import type { Session } from '../../../kit/session.ts';
import type { MessageStream } from '../../../kit/streams.ts';
import type { Message, MessagesOptions, MessagingApi, SendOptions, SendResult } from '../api.ts';
import { messagingLimits } from '../core/limits.ts';
import type { operations } from '../remote.ts';
import { handleStream } from './attached-handler.ts';
import { messageOf, snoopedOf, validated } from './attached-messages.ts';
import { AttachedPosts } from './attached-posts.ts';
import { CountedBatch } from './batch.ts';
import { type Kind, kindName } from './kind.ts';

export function attachedMessaging(session: Session<typeof operations>): MessagingApi {
  const posts = new AttachedPosts(session);
  const messages = <Body>({
    kind,
    bufferMessages,
    signal,
  }: MessagesOptions<Body> = {}): MessageStream<Message<Body>> => {
    const input = {
      ...(kind === undefined ? {} : { kind: kindName(kind as Kind<never> | string) }),
      ...(bufferMessages === undefined ? {} : { bufferMessages }),
    };
    const stream = session.stream('listen', input, { signal, room: bufferMessages });
    return new MappedStream(stream, (fields) => messageOf(fields, kind, session.warn));
  };
  const api: MessagingApi = {
    send: (to, body, options = {}) => send(session, typeof to === 'string' ? [to] : [...to], body, options),
    broadcast: (body, options = {}) => send(session, ['@all'], body, options),
    recipients: async () => (await session.call('recipients', {})).recipients,
    post: (to, body, options = {}) => posts.post(to, body, options.kind),
    batch: (to, { inFlight = 1024, ...options } = {}) =>
      new CountedBatch(inFlight, (batch) => (body) => {
        const sent = api.send(to, body, { ...options, require: 'none' });
        sent.then(
          ({ missing }) => batch.ended(missing[0]?.reason),
          (error: Error) => batch.failed(error),
        );
        return true;
      }),
    drained: () => posts.drained(),
    handle(handler, options = {}) {
      const pendingMax = options.bufferMessages ?? messagingLimits.receiveBufferMessages;
      return handleStream(messages(options), handler, { pendingMax, warn: session.warn });
    },
    messages,
    snoop: ({ signal } = {}) => new MappedStream(session.stream('snoop', {}, { signal }), snoopedOf),
  };
  return api;
}

async function send<Body>(
  session: Session<typeof operations>,
  to: string[],
  body: Body,
  { kind, signal, ...options }: SendOptions<Body>,
): Promise<SendResult> {
  const valid = await validated(body, kind);
  const input = { to, body: valid, ...options };
  const named = kind === undefined ? input : { ...input, kind: kindName(kind as Kind<never> | string) };
  return session.call('send', named, { signal });
}
