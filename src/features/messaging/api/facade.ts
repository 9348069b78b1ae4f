/** Messaging of a node in this process: the api over `Messages` and its consumers. */
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { reachableEntries } from '../../../kit/views.ts';
import type { Batch, BatchOptions, Message, MessagesOptions, MessagingApi, SendOptions } from '../api.ts';
import type { Messaging } from '../core/messaging.ts';
import type { MessagingFeatureShape } from '../shape.ts';
import { defaultKind, type Kind } from './kind.ts';
import { Messages } from './messages.ts';

const noOptions = {};

export function messagingFacade(
  node: NodePorts<MessagingFeatureShape, Messaging>,
): Facade<MessagingFeatureShape> {
  const messages = new Messages(node);
  const api: MessagingApi = {
    send(to, body, options = noOptions) {
      try {
        node.checkOpen();
        return messages.send(to, body, options as SendOptions<never>);
      } catch (error) {
        // Without the promise that `async` would add to each message.
        return Promise.reject(error as Error);
      }
    },
    broadcast(body, options = noOptions) {
      try {
        node.checkOpen();
        return messages.broadcast(body, options as SendOptions<never>);
      } catch (error) {
        return Promise.reject(error as Error);
      }
    },
    async recipients() {
      node.checkOpen();
      return reachableEntries(node.mesh)
        .map((entry) => entry.name)
        .sort();
    },
    post: (to, body, { kind = defaultKind } = {}) => messages.post(to, body, kind as Kind<never> | string),
    batch<Body>(to: string, options: BatchOptions<Body> = {}) {
      node.checkOpen();
      return messages.batch(to, options as BatchOptions<never>) as Batch<Body>;
    },
    drained: () => node.drained(),
    handle(handler, options = {}) {
      node.checkOpen();
      return messages.consumers.handle(
        handler as (message: Message) => unknown,
        options as MessagesOptions<never>,
      );
    },
    messages(options = {}) {
      node.checkOpen();
      return messages.consumers.iterate(options as MessagesOptions<never>) as never;
    },
    snoop(options = {}) {
      node.checkOpen();
      return messages.snoop(options);
    },
  };
  return {
    api,
    event: (event) => messages.handle(event),
    resumed: () => messages.resume(),
    end: (error) => messages.end(error),
  };
}
