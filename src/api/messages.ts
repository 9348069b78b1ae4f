/**
 * The messaging facade: `send`, `broadcast`, `messages`, `snoop` over the messaging feature.
 *
 * Made by the local node. Values become bytes here and back (codec.ts), names become ids and back.
 * Invariant: what the program gets has passed its schema; what does not decode is dropped and counted.
 */

import type { Directory } from '../core/contracts.ts';
import { SkeinError } from '../core/errors.ts';
import type { Arrival } from '../core/features/messaging/arrival.ts';
import { messagingFeature } from '../core/features/messaging/messaging.ts';
import type {
  MessagingEvent,
  SendAnswer,
  SendCommand,
  Transit,
} from '../core/features/messaging/messaging-types.ts';
import { checkName, formatId, idOf, type NodeId } from '../core/identity.ts';
import { limits } from '../core/limits.ts';
import { decodeBody, encodeBody } from './codec.ts';
import { defaultKind, type Kind } from './kind.ts';
import { describeMessage, describeSnooped } from './message-text.ts';
import type {
  Message,
  MessageStream,
  MessagesOptions,
  SendOptions,
  SendResult,
  SnoopedMessage,
  StreamOptions,
} from './node.ts';
import type { Runtime } from './runtime.ts';
import { validate } from './schema.ts';
import { PushStream } from './stream.ts';

interface Consumer {
  readonly stream: PushStream<Message>;
  readonly name: string | undefined;
  readonly limit: number;
  readonly kind: Kind<unknown> | undefined;
}

export interface MessagesPorts {
  readonly runtime: () => Runtime;
  readonly directory: () => Directory;
  readonly selfName: () => string;
  readonly sendTimeoutMs: () => number;
  readonly warn: (code: string, text: string) => void;
}

/** The program's consumption is told in batches: one command per message would double the work. */
const consumedBatch = 64;

export class Messages {
  private readonly ports: MessagesPorts;
  private readonly consumers = new Map<number, Consumer>();
  private readonly snoops = new Set<PushStream<SnoopedMessage>>();
  private lastConsumer = 0;

  constructor(ports: MessagesPorts) {
    this.ports = ports;
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  async send(
    to: string | readonly string[],
    body: unknown,
    options: SendOptions<never>,
  ): Promise<SendResult> {
    const names = typeof to === 'string' ? [to] : [...to];
    if (names.length === 0) throw new TypeError('send: name at least one recipient');
    for (const name of names) checkName(name, 'send: recipient');
    if (names.includes(this.ports.selfName())) {
      throw new SkeinError(
        'SKEIN_SELF',
        `${this.ports.selfName()} is this node itself: a node cannot send to itself`,
      );
    }
    return this.dispatch(names.map(idOf), body, options, new Map(names.map((name) => [idOf(name), name])));
  }

  broadcast(body: unknown, options: SendOptions<never>): Promise<SendResult> {
    return this.dispatch('all', body, options, new Map());
  }

  private async dispatch(
    recipients: readonly NodeId[] | 'all',
    body: unknown,
    options: SendOptions<never>,
    names: ReadonlyMap<NodeId, string>,
  ): Promise<SendResult> {
    const { kind = defaultKind, require = 'all', receipt = 'all', trace = false, signal } = options;
    signal?.throwIfAborted();
    const value = typeof kind === 'string' ? body : await validate(kind, body);
    const encoded = encodeBody(value);
    const command: SendCommand = {
      type: 'send',
      recipients,
      kind: kindName(kind),
      encoding: encoded.encoding,
      body: encoded.bytes,
      acknowledged: receipt !== 'none',
      traced: trace,
      timeoutMs: options.timeoutMs ?? this.ports.sendTimeoutMs(),
    };
    const answer = await this.ask(command, signal);
    return conclude(this.result(answer, names, receipt), receipt === 'none' ? 'none' : require);
  }

  private async ask(command: SendCommand, signal: AbortSignal | undefined): Promise<SendAnswer> {
    const runtime = this.ports.runtime();
    const { token, answer } = runtime.command<SendAnswer>(messagingFeature, command);
    if (signal === undefined) return answer;
    const abort = (): void => runtime.tell(messagingFeature, { type: 'abort', token });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private result(answer: SendAnswer, names: ReadonlyMap<NodeId, string>, receipt: string): SendResult {
    const nameOf = (id: NodeId): string => names.get(id) ?? this.nameOf(id);
    const counted = { deliveredCount: answer.delivered.length, missingCount: answer.missing.length };
    if (receipt === 'count') return { id: answer.sequence, delivered: [], missing: [], ...counted };
    const missing = answer.missing.map(({ node, reason }) => ({ node: nameOf(node), reason }));
    return { id: answer.sequence, delivered: answer.delivered.map(nameOf), missing, ...counted };
  }

  // ── receiving ─────────────────────────────────────────────────────────────────────────────────────

  messages<Body>(options: MessagesOptions<Body>): MessageStream<Message<Body>> {
    const id = ++this.lastConsumer;
    const { kind, signal, bufferMessages: limit = limits.receiveBufferMessages } = options;
    if (!Number.isInteger(limit) || limit < 1)
      throw new TypeError(`messages: bufferMessages is a whole number from 1, got ${limit}`);
    let consumed = 0;
    const tell = (): void => {
      this.ports.runtime().tell(messagingFeature, { type: 'consumed', consumer: id, count: consumed });
      consumed = 0;
    };
    const name = kind === undefined ? undefined : kindName(kind);
    // What the kernel hands over leaves at the end of the turn: by then the consumer is known.
    const { answer } = this.ports
      .runtime()
      .command(messagingFeature, { type: 'listen', consumer: id, kind: name, limit });
    const stream = new PushStream<Message>(
      {
        consumed: () => {
          consumed++;
          if (consumed >= Math.min(consumedBatch, limit) || stream.waiting === 0) tell();
        },
        closed: () => {
          this.consumers.delete(id);
          this.ports.runtime().tell(messagingFeature, { type: 'unlisten', consumer: id });
        },
      },
      answer,
      signal,
    );
    this.consumers.set(id, {
      stream,
      name,
      limit,
      kind: typeof kind === 'object' ? (kind as Kind<unknown>) : undefined,
    });
    return stream as unknown as MessageStream<Message<Body>>;
  }

  snoop({ signal }: StreamOptions): MessageStream<SnoopedMessage> {
    const runtime = this.ports.runtime();
    const stream = new PushStream<SnoopedMessage>(
      {
        closed: () => {
          this.snoops.delete(stream);
          if (this.snoops.size === 0)
            this.ports.runtime().tell(messagingFeature, { type: 'snoop', on: false });
        },
      },
      runtime.command(messagingFeature, { type: 'snoop', on: true }).answer,
      signal,
    );
    this.snoops.add(stream);
    return stream;
  }

  /** The kernel behind this node has changed: streams go on with the new one. */
  resume(): void {
    for (const [id, { name, limit }] of this.consumers) {
      this.ports.runtime().tell(messagingFeature, { type: 'listen', consumer: id, kind: name, limit });
    }
    if (this.snoops.size > 0) this.ports.runtime().tell(messagingFeature, { type: 'snoop', on: true });
  }

  end(error: Error | undefined): void {
    for (const { stream } of [...this.consumers.values()]) stream.end(error);
    for (const stream of [...this.snoops]) stream.end(error);
  }

  // ── from the kernel ───────────────────────────────────────────────────────────────────────────────

  handle(event: MessagingEvent): void {
    if (event.type === 'transit') {
      for (const stream of this.snoops)
        if (stream.waiting < limits.receiveBufferMessages) stream.push(this.snooped(event.transit));
      return;
    }
    for (const id of event.consumers) {
      const consumer = this.consumers.get(id);
      if (consumer !== undefined) this.deliver(id, consumer, event.arrival);
    }
  }

  private deliver(id: number, consumer: Consumer, arrival: Arrival): void {
    const drop = (error: unknown): void => {
      this.ports.warn(
        'body',
        `a message of kind ${arrival.kind} from ${this.nameOf(arrival.source)} was dropped: ${textOf(error)}`,
      );
      this.ports.runtime().tell(messagingFeature, { type: 'consumed', consumer: id, count: 1 });
    };
    try {
      const body = decodeBody(arrival.encoding, arrival.body);
      if (consumer.kind?.schema === undefined) return consumer.stream.push(this.message(arrival, body));
      validate(consumer.kind, body).then((value) => consumer.stream.push(this.message(arrival, value)), drop);
    } catch (error) {
      drop(error);
    }
  }

  private message(arrival: Arrival, body: unknown): Message {
    const message = {
      source: this.nameOf(arrival.source),
      sourceId: arrival.source,
      instance: this.instanceOf(arrival),
      id: arrival.sequence,
      command: 'message' as const,
      kind: arrival.kind,
      recipients: arrival.recipients.map((id) => this.nameOf(id)),
      route: arrival.route?.map((id) => this.nameOf(id)),
      body,
    };
    return Object.defineProperty(message, 'toString', { value: () => describeMessage(message) });
  }

  private snooped(transit: Transit): SnoopedMessage {
    const message = {
      source: this.nameOf(transit.source),
      id: transit.sequence,
      kind: transit.kind,
      recipients: transit.recipients.map((id) => this.nameOf(id)),
      from: this.nameOf(transit.from),
      body: transit.partial ? undefined : tryDecode(transit),
      bodyBytes: transit.totalBytes,
    };
    return Object.defineProperty(message, 'toString', { value: () => describeSnooped(message) });
  }

  private nameOf(id: NodeId): string {
    return this.ports.directory().get(id)?.name ?? formatId(id);
  }

  private instanceOf(arrival: Arrival): string {
    const prefix = formatId(arrival.life);
    const known = this.ports.directory().get(arrival.source)?.instance;
    return known?.startsWith(prefix) === true ? known : prefix.padEnd(16, '0');
  }
}

function kindName(kind: Kind<never> | Kind<unknown> | string): string {
  return typeof kind === 'string' ? kind : kind.name;
}

function conclude(result: SendResult, require: 'all' | 'any' | 'none'): SendResult {
  const enough =
    require === 'none' || result.missingCount === 0 || (require === 'any' && result.deliveredCount > 0);
  if (enough) return result;
  const who =
    result.missing.map(({ node, reason }) => `${node} (${reason})`).join(', ') ||
    `${result.missingCount} recipients`;
  throw new SkeinError('SKEIN_UNDELIVERED', `not delivered to ${who}`, { details: result });
}

function tryDecode(transit: Transit): unknown {
  try {
    return decodeBody(transit.encoding, transit.body);
  } catch {
    return undefined;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
