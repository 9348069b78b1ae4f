/**
 * The program's consumers of messages: `messages()` loops and `handle()` handlers.
 *
 * Made by the messaging facade. Each consumer is known to the kernel's messaging feature by number, with a
 * limit of messages that it has been given and not consumed. Invariant: what a consumer gets has decoded
 * and passed its schema, in order; what did not is dropped with a warning and counts as consumed.
 */

import { textOfThrown } from '../../../kernel/thrown.ts';
import { decodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { validate } from '../../../kit/schema.ts';
import { PushStream } from '../../../kit/stream.ts';
import type { MessageStream, MessageSubscription } from '../../../kit/streams.ts';
import { subscription } from '../../../kit/subscription.ts';
import { nameOf } from '../../../kit/views.ts';
import type { Message, MessagesOptions } from '../api.ts';
import type { Arrival } from '../core/arrival.ts';
import { messagingLimits } from '../core/limits.ts';
import type { Messaging } from '../core/messaging.ts';
import type { MessagingFeatureShape } from '../shape.ts';
import { checkConsumer, checkHandler } from './check-options.ts';
import { type Kind, kindName } from './kind.ts';
import { ReceivedMessage } from './message.ts';

type Ports = NodePorts<MessagingFeatureShape, Messaging>;

interface Consumer {
  readonly id: number;
  readonly kindName: string | undefined;
  readonly limit: number;
  /** Only where its kind has a schema. */
  readonly kind: Kind<unknown> | undefined;
  /** Hands the message over; true when it is consumed with that. */
  readonly take: (message: ReceivedMessage) => boolean;
  readonly end: (error: Error | undefined) => void;
  /** Where its kind has a schema: the validation of its last message; the next one waits for it. */
  validated: Promise<void>;
  /** Not yet told to the kernel, and the bytes of their bodies. */
  consumed: number;
  consumedBytes: number;
  removed: boolean;
}

/** A loop's consumption is told in batches: one command per message would double the work. */
const consumedBatch = 64;
/** Large bodies are told of sooner. */
const consumedBatchBytes = messagingLimits.receiveBufferBytes / 64;

export class Consumers {
  private readonly ports: Ports;
  private readonly consumers = new Map<number, Consumer>();
  private lastId = 0;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  iterate(options: MessagesOptions<never>): MessageStream<Message> {
    // Before there is a stream, which would wait for a consumer that never comes.
    checkConsumer('messages', options);
    const stream: PushStream<ReceivedMessage> = new PushStream(
      {
        consumed: ({ byteLength }) => {
          const batch = Math.min(consumedBatch, consumer.limit);
          this.consumed(consumer, byteLength, batch, stream.waiting === 0);
        },
        closed: () => this.remove(consumer),
      },
      Promise.resolve().then(() => opened),
      options.signal,
    );
    const consumer = this.consumer(
      options,
      (message) => {
        stream.push(message);
        return false;
      },
      (error) => stream.end(error),
    );
    const opened = this.add(consumer);
    return stream;
  }

  handle(handler: (message: Message) => unknown, options: MessagesOptions<never>): MessageSubscription {
    checkHandler(handler);
    checkConsumer('handle', options);
    const consumer = this.consumer(
      options,
      (message) => this.call(consumer, handler, message),
      () => undefined,
    );
    const opened = this.add(consumer);
    // A handler has nowhere to throw to: that the node is closed is told by its `close` event.
    opened.catch(() => undefined);
    return subscription(opened, () => this.remove(consumer), options.signal);
  }

  /** All messages of one turn. */
  handOver(arrivals: readonly Arrival[]): void {
    // Mostly all of a turn's messages are for the same consumer: it is looked up once.
    let last: Consumer | undefined;
    for (const arrival of arrivals) {
      for (const id of arrival.consumers) {
        if (last?.id !== id) last = this.consumers.get(id);
        if (last !== undefined && !last.removed) this.give(last, arrival);
      }
    }
    for (const consumer of this.consumers.values()) if (consumer.consumed > 0) this.tell(consumer);
  }

  /** The kernel behind this node has changed: consumers go on with the new one. */
  resume(): void {
    for (const consumer of this.consumers.values()) void this.listen(consumer);
  }

  end(error: Error | undefined): void {
    for (const consumer of [...this.consumers.values()]) consumer.end(error);
    this.consumers.clear();
  }

  private consumer(options: MessagesOptions<never>, take: Consumer['take'], end: Consumer['end']): Consumer {
    const { kind, bufferMessages: limit = messagingLimits.receiveBufferMessages } = options;
    const schemaKind = typeof kind === 'object' && kind.schema !== undefined ? kind : undefined;
    return {
      id: ++this.lastId,
      kindName: kind === undefined ? undefined : kindName(kind),
      limit,
      kind: schemaKind,
      take,
      end,
      validated: Promise.resolve(),
      consumed: 0,
      consumedBytes: 0,
      removed: false,
    };
  }

  private add(consumer: Consumer): Promise<void> {
    this.consumers.set(consumer.id, consumer);
    return this.listen(consumer);
  }

  private listen({ id, kindName: kind, limit }: Consumer): Promise<void> {
    return this.ports.ask('listen', { consumer: id, kind, limit });
  }

  private remove(consumer: Consumer): void {
    if (!this.consumers.delete(consumer.id)) return;
    consumer.removed = true;
    this.ports.tell('unlisten', consumer.id);
  }

  private give(consumer: Consumer, arrival: Arrival): void {
    let body: unknown;
    try {
      body = decodeBody(arrival.encoding, arrival.body);
    } catch (error) {
      return this.drop(consumer, arrival, error);
    }
    const { kind } = consumer;
    if (kind === undefined) return this.pass(consumer, arrival, body);
    // One after the other: a schema that takes its time must not change the order.
    consumer.validated = consumer.validated.then(() => this.passValid(consumer, kind, arrival, body));
  }

  private async passValid(
    consumer: Consumer,
    kind: Kind<unknown>,
    arrival: Arrival,
    body: unknown,
  ): Promise<void> {
    try {
      const value = await validate(kind, body);
      if (!consumer.removed) this.pass(consumer, arrival, value);
    } catch (error) {
      return this.drop(consumer, arrival, error);
    }
    if (consumer.consumed > 0) this.tell(consumer);
  }

  private pass(consumer: Consumer, arrival: Arrival, body: unknown): void {
    const message = new ReceivedMessage(arrival, body, this.ports.mesh);
    if (!consumer.take(message)) return;
    consumer.consumed++;
    consumer.consumedBytes += message.byteLength;
  }

  private call(
    consumer: Consumer,
    handler: (message: Message) => unknown,
    message: ReceivedMessage,
  ): boolean {
    const failed = (error: unknown): void => {
      this.ports.warn('handler', `a handler failed for ${String(message)}: ${textOfThrown(error)}`);
    };
    try {
      const result = handler(message);
      if (!isPromise(result)) return true;
      result.then(undefined, failed).then(() => this.consumed(consumer, message.byteLength, 1, true));
      return false;
    } catch (error) {
      failed(error);
      return true;
    }
  }

  private drop(consumer: Consumer, arrival: Arrival, error: unknown): void {
    const from = nameOf(arrival.origin.source, this.ports.mesh.records);
    this.ports.warn(
      'body',
      `a message of kind ${arrival.kind} from ${from} was dropped: ${textOfThrown(error)}`,
    );
    this.consumed(consumer, arrival.body.length, 1, true);
  }

  private consumed(consumer: Consumer, byteLength: number, batch: number, idle: boolean): void {
    consumer.consumed++;
    consumer.consumedBytes += byteLength;
    const isMuch = consumer.consumed >= batch || consumer.consumedBytes >= consumedBatchBytes;
    if (isMuch || idle) this.tell(consumer);
  }

  private tell(consumer: Consumer): void {
    const { id, consumed: count, consumedBytes: byteLength } = consumer;
    consumer.consumed = 0;
    consumer.consumedBytes = 0;
    this.ports.tell('consumed', { consumer: id, count, byteLength });
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
