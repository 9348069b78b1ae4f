/**
 * A `SkeinNode` that lives in another process: every call of the interface over its control socket.
 *
 * Made by `attach`. Invariant: whatever is here works as on a node in this process; only `close` differs,
 * it ends this client and leaves the node running.
 */
import { features } from '../features/index.ts';
import type { AnyFeature, ApiOf } from '../kit/feature.ts';
import type { InputOf } from '../kit/operation.ts';
import type {
  Explanation,
  NodeCore,
  NodeSettings,
  NodeStatus,
  ReadyCondition,
  SkeinNode,
} from '../node/node.ts';
import type { nodeOperations } from '../node/remote.ts';
import type { ControlClient } from './client.ts';
import { featureSession, prefixOf, type SessionParts } from './feature-session.ts';
import { RemoteEvents } from './remote-events.ts';

type ReadyInput = InputOf<(typeof nodeOperations)['ready']>;

export function attachedNode(client: ControlClient, status: NodeStatus): SkeinNode {
  const node = new AttachedNode(client, status);
  return Object.assign(node, ...features.map((feature) => node.attached(feature, ''))) as SkeinNode;
}

class AttachedNode implements NodeCore {
  readonly name: string;
  readonly id: number;
  readonly namespace: string;
  readonly instance: string;
  readonly events: RemoteEvents;
  private readonly client: ControlClient;
  private readonly parts: SessionParts;
  private readonly used = new Map<string, object>();

  constructor(client: ControlClient, { name, id, namespace, instance }: NodeStatus) {
    this.client = client;
    this.name = name;
    this.id = id;
    this.namespace = namespace;
    this.instance = instance;
    this.events = new RemoteEvents(client);
    this.parts = { node: name, client, events: this.events };
  }

  attached(feature: AnyFeature, prefix: string): object {
    return feature.attached(featureSession(this.parts, prefix));
  }

  /** Whether the node has the feature shows at the first call: it then has those operations, or not. */
  use<F extends AnyFeature>(feature: F): ApiOf<F> {
    const api = this.used.get(feature.name) ?? this.attached(feature, prefixOf(feature));
    this.used.set(feature.name, api);
    return api as ApiOf<F>;
  }

  async ready({ signal, ...condition }: ReadyCondition = {}): Promise<void> {
    await this.events.opened;
    await this.client.call('ready', condition as ReadyInput, { signal });
  }

  async explain(node?: string): Promise<Explanation> {
    await this.events.opened;
    return this.client.call('why', node === undefined ? {} : { node });
  }

  async status(): Promise<NodeStatus> {
    await this.events.opened;
    return this.client.call('status', {});
  }

  async set(settings: Partial<NodeSettings>): Promise<NodeSettings> {
    await this.events.opened;
    return this.client.call('set', settings);
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
}
