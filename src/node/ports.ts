/**
 * The ports of one feature's facade: what `kit/node-ports.ts` promises, over the runtime and the kernel of the moment.
 *
 * Made by the local node, one for each feature. Invariant: a facade sees its own feature's behavior and commands, and
 * of others only what they share.
 */
import { SkeinError } from '../kernel/errors.ts';
import type { AnyFeature, BehaviorOf } from '../kit/feature.ts';
import type { MeshView, NodePorts } from '../kit/node-ports.ts';
import type { WaitOptions } from '../kit/streams.ts';
import { limitedSignal } from '../kit/waiting.ts';
import type { Platform } from './platform.ts';
import type { Runtime } from './runtime.ts';
import type { SkeinKernel } from './skein-kernel.ts';

/** What the ports need of the node that they are of. */
export interface PortsOwner {
  readonly name: string;
  readonly namespace: string;
  readonly core: SkeinKernel;
  readonly runtime: Runtime;
  readonly platform: Platform;
  readonly mesh: MeshView;
  readonly featureSettings: object;
  emit(type: string, detail: unknown): void;
  isListenedTo(type: string): boolean;
  checkOpen(): void;
  /** What a feature shares; undefined where there is no such feature. */
  sharedOf(name: string): object | undefined;
}

/** The mesh as the kernel of the moment knows it: one object for as long as the node runs. */
export function meshView(core: () => SkeinKernel): MeshView {
  return {
    get self() {
      return core().kernel.self;
    },
    get records() {
      return core().records;
    },
    get table() {
      return core().table;
    },
    get neighbors() {
      return core().kernel.neighbors;
    },
    statistics: (link) => core().kernel.statistics(link),
  };
}

/** The ports of one facade, which its node brings to another kernel when it takes another name. */
export interface FeaturePorts extends Omit<NodePorts, 'behavior'> {
  /** A field and no getter: it is read for each message that is sent. */
  behavior: BehaviorOf<AnyFeature>;
  /** The node has another kernel now. */
  renew(): void;
}

export function portsFor(feature: AnyFeature, owner: PortsOwner): FeaturePorts {
  const { name } = feature;
  const { runtime, platform, mesh } = owner;
  const ports: FeaturePorts = {
    behavior: owner.core.behavior(feature),
    settings: owner.featureSettings,
    get name() {
      return owner.name;
    },
    get namespace() {
      return owner.namespace;
    },
    get now() {
      return runtime.now;
    },
    mesh,
    renew() {
      ports.behavior = owner.core.behavior(feature);
    },
    enter: () => runtime.enter(),
    tryEnter() {
      if (runtime.isOver) return false;
      runtime.enter();
      return true;
    },
    async ask(verb, input) {
      owner.checkOpen();
      return runtime.command<never>(name, verb, input).answer;
    },
    begin: (verb, input) => runtime.command<never>(name, verb, input),
    tell: (verb, input) => runtime.tell(name, verb, input),
    drained: () => runtime.drained(),
    checkOpen: () => owner.checkOpen(),
    after: (milliseconds, callback) => platform.after(milliseconds, callback),
    limitedSignal: (options: WaitOptions) =>
      limitedSignal(options, (milliseconds, callback) => platform.after(milliseconds, callback)),
    emit: (type, detail) => owner.emit(type, detail),
    isListenedTo: (type) => owner.isListenedTo(type),
    warn: (code, text) => owner.emit('warning', { code, text }),
    needed(other) {
      const shared = feature.needs.includes(other) ? owner.sharedOf(other) : undefined;
      if (shared !== undefined) return shared as never;
      throw new SkeinError('SKEIN_INVALID', `feature ${name} uses "${other}", which is not among its needs`);
    },
    usesStreams: () => platform.usesStreams?.(),
    platformPart: (part) => platform.parts?.[part] as never,
  };
  return ports;
}
