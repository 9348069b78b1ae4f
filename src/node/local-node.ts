/**
 * A node in this process: a kernel, its features' facades, and what every node has besides.
 *
 * Made by `createLocalNode`, which joins it with the apis of skein's features. Invariant: it holds no protocol state;
 * what is true of the mesh is asked of the kernel each time. It names no feature.
 */
import { features } from '../features/index.ts';
import { type Failure, SkeinError } from '../kernel/errors.ts';
import { checkName, idOf } from '../kernel/identity.ts';
import { checkFeatures } from '../kit/check-features.ts';
import type { AnyFeature, ApiOf } from '../kit/feature.ts';
import type { MeshView } from '../kit/node-ports.ts';
import { linkInfos, reachableEntries } from '../kit/views.ts';
import {
  checkCondition,
  limitedSignal,
  missingFor,
  type ReadyView,
  readyTimeoutMs,
  Waiters,
} from '../kit/waiting.ts';
import { NodeEmitter } from './events.ts';
import { Facades } from './facades.ts';
import { type KernelDelivery, tellProgram } from './kernel-events.ts';
import { kernelOptions } from './kernel-options.ts';
import type {
  Explanation,
  LocalNodeCore,
  NodeCore,
  NodeEvents,
  NodeSettings,
  NodeStatus,
  ReadyCondition,
} from './node.ts';
import type { LocalNodeSettings, Platform, PlatformEvents } from './platform.ts';
import { type FeaturePorts, meshView, type PortsOwner, portsFor } from './ports.ts';
import { Runtime } from './runtime.ts';
import { changeableNames, checkChanges, featureOf, type SettingName } from './settings.ts';
import { createSkeinKernel, type SkeinKernel } from './skein-kernel.ts';
import { nextName } from './suffix.ts';
import { summarize } from './summary.ts';

const drainMsDefault = 1500;
const renamesMax = 100;
const coreEventTypes: readonly (keyof NodeEvents)[] = [
  ...(['node:up', 'node:down', 'link:up', 'link:down', 'warning', 'close'] as const),
];

export class KernelNode implements NodeCore, LocalNodeCore {
  readonly events = new NodeEmitter((type) => this.facades.listening(type));
  readonly added: readonly AnyFeature[];
  readonly eventTypes: readonly (keyof NodeEvents)[];
  readonly awaitedEventTypes: readonly (keyof NodeEvents)[];
  readonly facades = new Facades();
  private settings: LocalNodeSettings;
  /** Lives as long as the node; what may change while it runs changes in it. */
  private readonly featureSettings: LocalNodeSettings;
  private core: SkeinKernel;
  private readonly mesh: MeshView;
  private readonly ports: readonly FeaturePorts[];
  private readonly platform: Platform;
  private readonly runtime: Runtime;
  private readonly waiters = new Waiters();
  private renames = 0;
  private closing: { readonly done: Promise<void>; readonly finish: () => void } | undefined;
  private closed = false;

  constructor(settings: LocalNodeSettings, makePlatform: (events: PlatformEvents) => Platform) {
    this.settings = settings;
    this.featureSettings = { ...settings };
    this.added = settings.features ?? [];
    const all: readonly AnyFeature[] = [...features, ...this.added];
    checkFeatures(all);
    this.eventTypes = [
      ...coreEventTypes,
      ...all.flatMap(({ nodeEvents = [] }) => nodeEvents as (keyof NodeEvents)[]),
    ];
    this.awaitedEventTypes = all.flatMap(({ awaitedEvents = [] }) => awaitedEvents as (keyof NodeEvents)[]);
    let platform: Platform | undefined;
    this.runtime = new Runtime(
      {
        delivered: (feature, event) => this.delivered(feature, event),
        readdressed: (addresses, broadcastTargets) => {
          this.settings = { ...this.settings, addresses, broadcastTargets };
        },
        ended: (reason) => this.kernelEnded(reason),
      },
      (events) => {
        platform = makePlatform(events);
        return platform;
      },
    );
    this.platform = platform as unknown as Platform;
    this.mesh = meshView(() => this.core);
    this.core = createSkeinKernel(kernelOptions(settings, this.platform), this.platform.random);
    const owner = this.portsOwner();
    this.ports = all.map((feature) => {
      const ports = portsFor(feature, owner);
      this.facades.add(feature, ports);
      return ports;
    });
    this.runtime.run(this.core.kernel);
  }

  private portsOwner(): PortsOwner {
    const node = this;
    return {
      get name() {
        return node.name;
      },
      get namespace() {
        return node.namespace;
      },
      get core() {
        return node.core;
      },
      runtime: this.runtime,
      platform: this.platform,
      mesh: this.mesh,
      featureSettings: this.featureSettings,
      emit: (type, detail) => this.events.emit(type as keyof NodeEvents, detail as never),
      isListenedTo: (type) => this.events.isListenedTo(type),
      checkOpen: () => this.checkOpen(),
      sharedOf: (name) => this.facades.sharedOf(name),
    };
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

  use<F extends AnyFeature>(feature: F): ApiOf<F> {
    const api = this.facades.apiOf(feature);
    if (api !== undefined) return api;
    const text = `feature ${feature.name} is not part of node ${this.name}: pass it as createNode({ features: [...] })`;
    throw new SkeinError('SKEIN_INVALID', text);
  }

  // ── waiting ───────────────────────────────────────────────────────────────────────────────────────

  async ready(condition: ReadyCondition = {}): Promise<void> {
    this.checkOpen();
    checkCondition(condition);
    const limited = { ...condition, timeoutMs: condition.timeoutMs ?? readyTimeoutMs };
    const { signal, cancel } = limitedSignal(limited, (milliseconds, callback) =>
      this.platform.after(milliseconds, callback),
    );
    await this.waiters.wait(() => missingFor(condition, this.readyView()), signal).finally(cancel);
  }

  private readyView(): ReadyView {
    const reachable = reachableEntries(this.mesh);
    const { self, neighbors } = this.mesh;
    const services = [...self.services, ...reachable.flatMap((entry) => entry.services)];
    const names = [self.name, ...reachable.map((entry) => entry.name)];
    return { nodes: new Set(names), services: new Set(services), links: neighbors.size };
  }

  // ── what it says of itself ────────────────────────────────────────────────────────────────────────

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

  /** A node that was in the mesh of this one could be reached: neither key nor address is why it is missing. */
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
      links: linkInfos(this.mesh, this.runtime.now),
      nodeCount: this.core.table.reachableCount + 1,
      services: [...kernel.self.services].sort(),
      counters: { ...Object.fromEntries([...kernel.counters].sort()), ...this.platform.counters?.() },
      features: kernel.status(),
      troubles: kernel.troubles,
      warnings: this.platform.warnings?.() ?? [],
    };
  }

  async set(changes: Partial<NodeSettings>): Promise<NodeSettings> {
    checkChanges(changes);
    this.checkOpen();
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    Object.assign(this.featureSettings, Object.fromEntries(given));
    for (const [name] of given) await this.facades.changed(featureOf(name as SettingName));
    return this.currentSettings();
  }

  private currentSettings(): NodeSettings {
    const { featureSettings } = this;
    return Object.fromEntries(
      changeableNames.map((name) => [name, featureSettings[name]]),
    ) as unknown as NodeSettings;
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
    this.facades.drain(() => {
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
    this.settings = { ...this.settings, ...this.currentSettings(), name: nextName(from) };
    const options = kernelOptions(this.settings, this.platform, this.core.kernel.lastLink);
    this.core = createSkeinKernel(options, this.platform.random);
    for (const ports of this.ports) ports.renew();
    this.runtime.run(this.core.kernel);
    this.facades.resumed();
    const text = `the name ${from} is taken: this node is now called ${this.name}`;
    this.platform.log('warn', text, { name: this.name });
    this.events.emit('warning', { code: 'SKEIN_NAME_TAKEN', text });
  }

  private async finish(reason: Failure | undefined): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const error = reason === undefined ? undefined : SkeinError.from(reason);
    await this.runtime.end();
    this.facades.end(error);
    this.waiters.fail(error ?? new SkeinError('SKEIN_CLOSED', 'the node is closed'));
    this.events.emit('close', {
      error: error === undefined ? undefined : { code: error.code, message: error.message },
    });
    this.closing?.finish();
  }

  // ── from the kernel ───────────────────────────────────────────────────────────────────────────────

  private delivered(feature: string, event: unknown): void {
    if (feature === 'kernel') this.kernelEvent(event as KernelDelivery);
    else if (!this.facades.deliver(feature, event))
      this.events.emit('behavior', { behavior: feature, event });
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
    if (this.closed || this.closing !== undefined)
      throw new SkeinError('SKEIN_CLOSED', `node ${this.name} is closed`);
  }
}
