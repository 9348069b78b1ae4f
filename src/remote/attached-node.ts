/**
 * A `SkeinNode` that lives in another process: every call of the interface over its control socket.
 *
 * Made by `attach`. Invariant: whatever is here works as on a node in this process; only `close` differs,
 * it ends this client and leaves the node running.
 */

import type { Service } from '../features/calls/api/service.ts';
import type { Channel, PairOptions, PairRequest, PairsOptions } from '../features/channels/api/channel.ts';
import { CountedBatch } from '../features/messaging/api/batch.ts';
import type { Kind } from '../features/messaging/api/kind.ts';
import { messagingLimits } from '../features/messaging/core/limits.ts';
import { bodyToJson } from '../kit/body.ts';
import type {
  Batch,
  BatchOptions,
  Call,
  Explanation,
  LinkInfo,
  Message,
  MessageStream,
  MessageSubscription,
  MessagesOptions,
  NodeInfo,
  NodeSettings,
  NodeStatus,
  ReadyCondition,
  RequestOptions,
  RespondOptions,
  SendOptions,
  SendResult,
  ServiceSubscription,
  SkeinNode,
  SnoopedMessage,
  StreamOptions,
  Topology,
  WaitOptions,
} from '../node/node.ts';
import { pairAttached, pairsAttached } from './attached-channel.ts';
import { handleStream } from './attached-handler.ts';
import { AttachedPosts } from './attached-posts.ts';
import { requestAttached, respondAttached } from './attached-service.ts';
import { MappedStream, messageFromJson, nameOf, snoopedFromJson, validated } from './attached-streams.ts';
import type { ControlClient } from './client.ts';
import type { CallInput, CallOutput, Calls } from './registry.ts';
import { RemoteEvents } from './remote-events.ts';

export class AttachedNode implements SkeinNode {
  readonly name: string;
  readonly id: number;
  readonly namespace: string;
  readonly instance: string;
  readonly events: RemoteEvents;
  private readonly client: ControlClient;
  private readonly posts: AttachedPosts;

  constructor(client: ControlClient, { name, id, namespace, instance }: NodeStatus) {
    this.client = client;
    this.name = name;
    this.id = id;
    this.namespace = namespace;
    this.instance = instance;
    this.events = new RemoteEvents(client);
    this.posts = new AttachedPosts(client, name);
  }

  async ready({ signal, ...condition }: ReadyCondition = {}): Promise<void> {
    await this.call('ready', condition as CallInput<'ready'>, signal);
  }

  send<Body = unknown>(
    to: string | readonly string[],
    body: Body,
    options: SendOptions<Body> = {},
  ): Promise<SendResult> {
    return this.sendTo(typeof to === 'string' ? [to] : [...to], body, options);
  }

  broadcast<Body = unknown>(body: Body, options: SendOptions<Body> = {}): Promise<SendResult> {
    return this.sendTo(['@all'], body, options);
  }

  post<Body = unknown>(to: string, body: Body, options: { kind?: Kind<Body> | string } = {}): boolean {
    return this.posts.post(to, body, options.kind);
  }

  batch<Body = unknown>(to: string, { inFlight = 1024, ...options }: BatchOptions<Body> = {}): Batch<Body> {
    return new CountedBatch<Body>(inFlight, (batch) => (body) => {
      const sent = this.send(to, body, { ...options, require: 'none' });
      sent.then(
        ({ missing }) => batch.ended(missing[0]?.reason),
        (error: Error) => batch.failed(error),
      );
      return true;
    });
  }

  drained(): Promise<void> {
    return this.posts.drained();
  }

  async recipients(): Promise<string[]> {
    return (await this.call('recipients', {})).recipients;
  }

  messages<Body = unknown>({
    kind,
    bufferMessages,
    signal,
  }: MessagesOptions<Body> = {}): MessageStream<Message<Body>> {
    const input = {
      ...(kind === undefined ? {} : { kind: nameOf(kind) }),
      ...(bufferMessages === undefined ? {} : { bufferMessages }),
    };
    const stream = this.client.stream('listen', input, { signal });
    return new MappedStream(stream, (json) => messageFromJson(json, kind, this.events.warn));
  }

  handle<Body = unknown>(
    handler: (message: Message<Body>) => unknown,
    options: MessagesOptions<Body> = {},
  ): MessageSubscription {
    const pendingMax = options.bufferMessages ?? messagingLimits.receiveBufferMessages;
    return handleStream(this.messages(options), handler, { pendingMax, warn: this.events.warn });
  }

  async request<Input = unknown, Output = unknown>(
    service: Service<Input, Output> | string,
    input: Input,
    options: RequestOptions = {},
  ): Promise<Output> {
    await this.events.opened;
    return requestAttached(
      this.client,
      service as Service<never, unknown> | string,
      input,
      options,
    ) as Promise<Output>;
  }

  respond<Input = unknown, Output = unknown>(
    service: Service<Input, Output> | string,
    handler: (call: Call<Input>) => Output | Promise<Output>,
    options: RespondOptions = {},
  ): ServiceSubscription {
    const given = service as Service<never, unknown> | string;
    return respondAttached(this.client, given, handler as (call: Call) => unknown, options, this.events.warn);
  }

  async pair(node: string, options?: PairOptions): Promise<Channel> {
    await this.events.opened;
    return pairAttached(this.client, node, options);
  }

  pairs(options?: PairsOptions): MessageStream<PairRequest> {
    return pairsAttached(this.client, options);
  }

  snoop({ signal }: StreamOptions = {}): MessageStream<SnoopedMessage> {
    return new MappedStream(this.client.stream('snoop', {}, { signal }), snoopedFromJson);
  }

  topology(): Promise<Topology> {
    return this.call('topology', {});
  }

  async dot(): Promise<string> {
    return (await this.call('dot', {})).dot;
  }

  async nodes(options: { all?: boolean } = {}): Promise<NodeInfo[]> {
    return (await this.call('node-list', options)).nodes;
  }

  async route(to: string): Promise<string[]> {
    return (await this.call('route', { node: to })).route;
  }

  explain(node?: string): Promise<Explanation> {
    return this.call('why', node === undefined ? {} : { node });
  }

  status(): Promise<NodeStatus> {
    return this.call('status', {});
  }

  dial(address: string, { timeoutMs, signal }: WaitOptions = {}): Promise<LinkInfo> {
    return this.call('dial', { address, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, signal);
  }

  async hangup(node: string): Promise<void> {
    await this.call('hangup', { node });
  }

  async announce(): Promise<void> {
    await this.call('announce', {});
  }

  set(settings: Partial<NodeSettings>): Promise<NodeSettings> {
    return this.call('set', settings);
  }

  /** Ends this client only; the node goes on. */
  close(): Promise<void> {
    this.events.end();
    this.client.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async sendTo<Body>(
    to: string[],
    body: Body,
    { kind, signal, ...options }: SendOptions<Body>,
  ): Promise<SendResult> {
    const valid = await validated(body, kind);
    const input = { to, body: bodyToJson(valid), ...options };
    return this.call('send', kind === undefined ? input : { ...input, kind: nameOf(kind) }, signal);
  }

  /** Listeners that were added before a call hear what the call brings about. */
  private async call<Name extends keyof Calls>(
    name: Name,
    input: CallInput<Name>,
    signal?: AbortSignal,
  ): Promise<CallOutput<Name>> {
    await this.events.opened;
    return this.client.call(name, input, { signal });
  }
}
