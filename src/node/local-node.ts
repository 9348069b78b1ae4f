/**
 * A node in this process: the `SkeinNode` interface over a kernel.
 *
 * Made by `createLocalNode`. It turns calls into commands for the kernel's features and kernel events into
 * what the program listens to. Invariant: it holds no protocol state; what is true of the mesh is asked of
 * the kernel each time.
 */

import { Requests } from '../features/calls/api/requests.ts';
import { Responders } from '../features/calls/api/responders.ts';
import type { Service } from '../features/calls/api/service.ts';
import { callsFeature } from '../features/calls/core/calls.ts';
import type { CallsEvent } from '../features/calls/core/calls-types.ts';
import type { Channel, PairOptions, PairRequest, PairsOptions } from '../features/channels/api/channel.ts';
import { Channels } from '../features/channels/api/channels.ts';
import type { ChannelEvent } from '../features/channels/core/channel-types.ts';
import { channelFeature } from '../features/channels/core/channels.ts';
import { discoveryFeature } from '../features/discovery/core/discovery.ts';
import { FormationEvents } from '../features/formation/api/formation.ts';
import { formationFeature } from '../features/formation/core/formation.ts';
import type { FormationEvent } from '../features/formation/core/formation-types.ts';
import { defaultKind, type Kind } from '../features/messaging/api/kind.ts';
import { Messages } from '../features/messaging/api/messages.ts';
import { messagingFeature } from '../features/messaging/core/messaging.ts';
import type { MessagingEvent } from '../features/messaging/core/messaging-types.ts';
import { toDot } from '../features/topology/api/dot.ts';
import { topologyFeature } from '../features/topology/core/topology.ts';
import type { Neighbor } from '../kernel/contracts.ts';
import { type Failure, SkeinError } from '../kernel/errors.ts';
import { checkName, idOf } from '../kernel/identity.ts';
import {
  checkCondition,
  type LimitedSignal,
  limitedSignal,
  missingFor,
  raced,
  Waiters,
} from '../kit/waiting.ts';
import { NodeEmitter } from './events.ts';
import { type KernelDelivery, tellProgram } from './kernel-events.ts';
import { kernelOptions } from './kernel-options.ts';
import type {
  Batch,
  BatchOptions,
  Call,
  Explanation,
  LinkInfo,
  LocalNode,
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
  SnoopedMessage,
  StreamOptions,
  Topology,
  WaitOptions,
} from './node.ts';
import type { LocalNodeSettings, Platform, PlatformEvents } from './platform.ts';
import { Runtime } from './runtime.ts';
import { checkSettings } from './settings.ts';
import { createSkeinKernel, type SkeinKernel } from './skein-kernel.ts';
import { nextName } from './suffix.ts';
import { summarize } from './summary.ts';
import { linkInfo, linkInfos, nodeInfo, reachableEntries, readyView } from './views.ts';

const drainMsDefault = 1500;
const renamesMax = 100;
const noOptions = {};

export class KernelNode implements LocalNode {
  readonly events = new NodeEmitter();
  private settings: LocalNodeSettings;
  private sendTimeoutMs: number;
  private core: SkeinKernel;
  private readonly platform: Platform;
  private readonly runtime: Runtime;
  private readonly exchange: Messages;
  private readonly requests: Requests;
  private readonly responders: Responders;
  private readonly channels: Channels;
  private readonly formation: FormationEvents;
  private readonly waiters = new Waiters();
  private renames = 0;
  private closing: { readonly done: Promise<void>; readonly finish: () => void } | undefined;
  private closed = false;

  constructor(settings: LocalNodeSettings, makePlatform: (events: PlatformEvents) => Platform) {
    this.settings = settings;
    this.sendTimeoutMs = settings.sendTimeoutMs;
    let platform: Platform | undefined;
    const ports = {
      runtime: () => this.runtime,
      directory: () => this.core.records,
      core: () => this.core,
      selfName: () => this.name,
    };
    this.requests = new Requests(ports);
    this.responders = new Responders(ports);
    this.channels = new Channels({ ...ports, platform: () => this.platform });
    this.formation = new FormationEvents(this.events, this.channels);
    this.exchange = new Messages({
      ...ports,
      sendTimeoutMs: () => this.sendTimeoutMs,
      warn: (code, text) => this.events.emit('warning', { code, text }),
    });
    this.runtime = new Runtime(
      {
        delivered: (feature, event) => this.delivered(feature, event),
        ended: (reason) => this.kernelEnded(reason),
      },
      (events) => {
        platform = makePlatform(events);
        return platform;
      },
    );
    this.platform = platform as unknown as Platform;
    this.core = createSkeinKernel(kernelOptions(settings, this.platform), this.platform.random);
    this.runtime.run(this.core.kernel);
  }

  get name(): string {
    return this.settings.name;
  }

  get id(): number {
    return idOf(this.settings.name);
  }

  get namespace(): string {
    return this.settings.namespace;
  }

  get instance(): string {
    return this.core.kernel.self.instance;
  }

  // ── waiting ───────────────────────────────────────────────────────────────────────────────────────

  async ready(condition: ReadyCondition = {}): Promise<void> {
    this.checkOpen();
    checkCondition(condition);
    const signal = this.signalOf(condition);
    await this.waiters
      .wait(() => missingFor(condition, readyView(this.core)), signal.signal)
      .finally(signal.cancel);
  }

  private signalOf(options: WaitOptions): LimitedSignal {
    return limitedSignal(options, (milliseconds, callback) => this.platform.after(milliseconds, callback));
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────

  send<Body>(
    to: string | readonly string[],
    body: Body,
    options: SendOptions<Body> = noOptions,
  ): Promise<SendResult> {
    try {
      this.checkOpen();
      return this.exchange.send(to, body, options as SendOptions<never>);
    } catch (error) {
      // Without the promise that `async` would add to each message.
      return Promise.reject(error as Error);
    }
  }

  broadcast<Body>(body: Body, options: SendOptions<Body> = noOptions): Promise<SendResult> {
    try {
      this.checkOpen();
      return this.exchange.broadcast(body, options as SendOptions<never>);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  post<Body>(to: string, body: Body, { kind = defaultKind }: { kind?: Kind<Body> | string } = {}): boolean {
    return this.exchange.post(to, body, kind as Kind<never> | string);
  }

  batch<Body = unknown>(to: string, options: BatchOptions<Body> = {}): Batch<Body> {
    this.checkOpen();
    return this.exchange.batch(to, options as BatchOptions<never>) as Batch<Body>;
  }

  drained(): Promise<void> {
    return this.runtime.drained();
  }

  async recipients(): Promise<string[]> {
    this.checkOpen();
    return reachableEntries(this.core)
      .map((entry) => entry.name)
      .sort();
  }

  messages<Body = unknown>(options: MessagesOptions<Body> = {}): MessageStream<Message<Body>> {
    this.checkOpen();
    return this.exchange.consumers.iterate(options as MessagesOptions<never>) as MessageStream<Message<Body>>;
  }

  handle<Body = unknown>(
    handler: (message: Message<Body>) => unknown,
    options: MessagesOptions<Body> = {},
  ): MessageSubscription {
    this.checkOpen();
    return this.exchange.consumers.handle(
      handler as (message: Message) => unknown,
      options as MessagesOptions<never>,
    );
  }

  snoop(options: StreamOptions = {}): MessageStream<SnoopedMessage> {
    this.checkOpen();
    return this.exchange.snoop(options);
  }

  // ── calls ─────────────────────────────────────────────────────────────────────────────────────────

  request<Input = unknown, Output = unknown>(
    service: Service<Input, Output> | string,
    input: Input,
    options?: RequestOptions,
  ): Promise<Output> {
    try {
      this.checkOpen();
      const asked = service as Service<never, unknown> | string;
      return this.requests.request(asked, input, options) as Promise<Output>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  respond<Input = unknown, Output = unknown>(
    service: Service<Input, Output> | string,
    handler: (call: Call<Input>) => Output | Promise<Output>,
    options?: RespondOptions,
  ): ServiceSubscription {
    this.checkOpen();
    return this.responders.respond(
      service as Service<never, unknown> | string,
      handler as (call: Call) => unknown,
      options,
    );
  }

  async pair(node: string, options?: PairOptions): Promise<Channel> {
    this.checkOpen();
    return this.channels.pair(node, options);
  }

  pairs(options?: PairsOptions): MessageStream<PairRequest> {
    this.checkOpen();
    return this.channels.pairs(options);
  }

  // ── the mesh ──────────────────────────────────────────────────────────────────────────────────────

  topology(): Promise<Topology> {
    return this.ask(topologyFeature, 'adjacency');
  }

  async dot(): Promise<string> {
    return toDot(this.namespace, this.name, await this.topology());
  }

  async nodes({ all = false }: { all?: boolean } = {}): Promise<NodeInfo[]> {
    this.checkOpen();
    const entries = [...this.core.records.entries()].filter(
      (entry) => all || entry.reachable || entry.id === this.id,
    );
    return entries
      .map((entry) => nodeInfo(this.core, entry, this.runtime.now))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async route(to: string): Promise<string[]> {
    checkName(to, 'route: node');
    return this.ask(topologyFeature, 'route', to);
  }

  async explain(node?: string): Promise<Explanation> {
    this.checkOpen();
    if (node !== undefined) checkName(node, 'explain: node');
    const findings = this.core.kernel.explain(node, this.runtime.now);
    if (this.isUnheard(node)) {
      const { addresses, broadcastTargets } = this.settings;
      findings.push(...(this.platform.reachFindings?.(addresses, broadcastTargets) ?? []));
    }
    return { summary: summarize(this.name, node, findings), findings };
  }

  /** Whom this node has had in its mesh it could reach: neither key nor address is why that one is missing. */
  private isUnheard(node: string | undefined): boolean {
    return node === undefined || (node !== this.name && this.core.records.get(idOf(node)) === undefined);
  }

  async status(): Promise<NodeStatus> {
    this.checkOpen();
    const { kernel } = this.core;
    return {
      name: this.name,
      id: this.id,
      namespace: this.namespace,
      instance: this.instance,
      version: this.settings.version,
      pid: this.settings.pid,
      uptimeMs: Math.round(this.runtime.now - kernel.self.startedAt),
      addresses: this.settings.addresses,
      settings: this.currentSettings(),
      security: this.platform.security?.() ?? { mode: 'loopback', keys: [] },
      links: linkInfos(this.core, this.runtime.now),
      nodeCount: this.core.table.reachableCount + 1,
      services: [...kernel.self.services].sort(),
      counters: { ...Object.fromEntries([...kernel.counters].sort()), ...this.platform.counters?.() },
      features: kernel.status(),
      troubles: kernel.troubles,
    };
  }

  // ── links and settings ────────────────────────────────────────────────────────────────────────────

  async dial(address: string, options: WaitOptions = {}): Promise<LinkInfo> {
    const dialed = this.ask<Neighbor>(discoveryFeature, 'dial', address);
    const signal = this.signalOf(options);
    const neighbor = await raced(dialed, signal.signal, `no link to ${address}`).finally(signal.cancel);
    return linkInfo(this.core, neighbor, this.runtime.now);
  }

  async hangup(node: string): Promise<void> {
    checkName(node, 'hangup: node');
    await this.ask(discoveryFeature, 'hangup', node);
  }

  async announce(): Promise<void> {
    await this.ask(topologyFeature, 'announce');
  }

  async set(settings: Partial<NodeSettings>): Promise<NodeSettings> {
    checkSettings(settings);
    const { degree, syncPeriodMs, sendTimeoutMs } = settings;
    if (degree !== undefined) await this.ask(discoveryFeature, 'set-degree', degree);
    if (syncPeriodMs !== undefined) await this.ask(topologyFeature, 'set-sync-period', syncPeriodMs);
    if (sendTimeoutMs !== undefined) this.sendTimeoutMs = sendTimeoutMs;
    return this.currentSettings();
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────

  close({ drainMs = drainMsDefault }: { drainMs?: number } = {}): Promise<void> {
    if (this.closing !== undefined) return this.closing.done;
    if (this.closed) return Promise.resolve();
    let finish = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.closing = { done, finish };
    const stop = this.platform.after(drainMs, () => void this.finish(undefined));
    void done.then(stop);
    this.stopOnceIdle(drainMs / 2);
    return done;
  }

  /** Handlers that run may finish, for half of the time: the goodbye and what is queued need some of it too. */
  private stopOnceIdle(patienceMs: number): void {
    const cancel = this.platform.after(patienceMs, () => this.runtime.stop());
    this.responders.drain(() => {
      cancel();
      this.runtime.stop();
    });
  }

  command<Answer = unknown>(behavior: string, verb: string, input?: unknown): Promise<Answer> {
    return this.ask<Answer>(behavior, verb, input);
  }

  async rpc<Answer = unknown>(verb: string, input?: unknown): Promise<Answer> {
    this.checkOpen();
    return this.runtime.rpc(verb, input) as Promise<Answer>;
  }

  kill(): void {
    void this.finish(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private kernelEnded(reason: Failure | undefined): void {
    const mayRename =
      reason?.code === 'SKEIN_NAME_TAKEN' && !this.settings.nameChosen && this.closing === undefined;
    if (mayRename && this.renames < renamesMax) this.rename();
    else void this.finish(reason);
  }

  /** A default name proved to be taken somewhere in the mesh: start anew under the next one. */
  private rename(): void {
    const from = this.settings.name;
    this.renames++;
    this.settings = { ...this.settings, name: nextName(from) };
    const options = kernelOptions(this.settings, this.platform, this.core.kernel.lastLink);
    this.core = createSkeinKernel(options, this.platform.random);
    this.runtime.run(this.core.kernel);
    this.exchange.resume();
    this.responders.resume();
    this.channels.resume();
    const text = `the name ${from} is taken: this node is now called ${this.name}`;
    this.events.emit('warning', { code: 'SKEIN_NAME_TAKEN', text });
  }

  private async finish(reason: Failure | undefined): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const error = reason === undefined ? undefined : SkeinError.from(reason);
    await this.runtime.end();
    this.exchange.end(error);
    this.requests.end(error);
    this.channels.end(error);
    this.waiters.fail(error ?? new SkeinError('SKEIN_CLOSED', 'the node is closed'));
    this.events.emit('close', {
      error: error === undefined ? undefined : { code: error.code, message: error.message },
    });
    this.closing?.finish();
  }

  // ── from the kernel ───────────────────────────────────────────────────────────────────────────────

  private delivered(feature: string, event: unknown): void {
    if (feature === messagingFeature) this.exchange.handle(event as MessagingEvent);
    else if (feature === callsFeature) this.callsEvent(event as CallsEvent);
    else if (feature === channelFeature) this.channels.handle(event as ChannelEvent);
    else if (feature === 'kernel') this.kernelEvent(event as KernelDelivery);
    else if (feature === formationFeature) this.formation.handle(event as FormationEvent);
    else this.events.emit('behavior', { behavior: feature, event });
  }

  private callsEvent(event: CallsEvent): void {
    if (event.type === 'outcomes') this.requests.concluded(event.outcomes);
    else this.responders.handle(event);
  }

  private kernelEvent(event: KernelDelivery): void {
    tellProgram(event, this.events, this.closing !== undefined);
    this.waiters.changed();
  }

  private async ask<Answer>(feature: string, verb: string, input?: unknown): Promise<Answer> {
    this.checkOpen();
    return this.runtime.command<Answer>(feature, verb, input).answer;
  }

  private checkOpen(): void {
    if (this.isClosed) throw this.closedError();
  }

  private get isClosed(): boolean {
    return this.closed || this.closing !== undefined;
  }

  private closedError(): SkeinError {
    return new SkeinError('SKEIN_CLOSED', `node ${this.name} is closed`);
  }

  private currentSettings(): NodeSettings {
    const { discovery, topology } = this.core;
    return {
      degree: discovery.degree,
      syncPeriodMs: topology.syncPeriodMs,
      sendTimeoutMs: this.sendTimeoutMs,
    };
  }
}
