/**
 * A `SkeinNode` that lives in another process: every call of the interface over its control socket.
 *
 * Made by `attach`. Invariant: whatever is here works as on a node in this process; only `close` differs,
 * it ends this client and leaves the node running.
 */
import { features } from '../features/index.ts';
import { programParts } from '../host/program-parts.ts';
import { checkName, idOf } from '../kernel/identity.ts';
import type { AnyFeature, ApiOf } from '../kit/feature.ts';
import type { InputOf } from '../kit/operation.ts';
import { checkCondition, raced, readyTimeoutMs } from '../kit/waiting.ts';
import type {
  Explanation,
  Gap,
  NodeCore,
  NodeSettings,
  NodeStatus,
  ReadyCondition,
  SkeinNode,
} from '../node/node.ts';
import type { nodeOperations } from '../node/remote.ts';
import { checkChanges } from '../node/settings.ts';
import type { ControlClient } from './client.ts';
import { codeOf } from './errors.ts';
import { featureSession, prefixOf, type SessionParts } from './feature-session.ts';
import { RemoteEvents } from './remote-events.ts';
import type { Welcome } from './session/resumable.ts';

type ReadyInput = InputOf<(typeof nodeOperations)['ready']>;

/** @param reconnects Its end is not that of this program's use of it: `back` is called when there is one again. */
export function attachedNode(
  client: ControlClient,
  status: NodeStatus,
  reconnects: boolean,
): { readonly node: SkeinNode; readonly back: (gap: Gap, welcome: Welcome) => void } {
  const made = new AttachedNode(client, status, reconnects);
  const node = Object.assign(made, ...features.map((feature) => made.attached(feature, ''))) as SkeinNode;
  return { node, back: (gap, welcome) => made.back(gap, welcome) };
}

class AttachedNode implements NodeCore {
  name: string;
  readonly namespace: string;
  instance: string;
  readonly events: RemoteEvents;
  private readonly client: ControlClient;
  private readonly parts: SessionParts;
  private readonly used = new Map<string, object>();

  constructor(client: ControlClient, { name, namespace, instance }: NodeStatus, reconnects: boolean) {
    this.client = client;
    this.name = name;
    this.namespace = namespace;
    this.instance = instance;
    this.events = new RemoteEvents(client, reconnects);
    this.parts = { node: name, client, events: this.events, platform: programParts };
  }

  get id(): number {
    return idOf(this.name);
  }

  /** It may be another life, under another name. */
  back(gap: Gap, { name, life }: Welcome): void {
    this.name = name;
    this.instance = life;
    this.events.tell({ type: 'gap', detail: gap });
  }

  attached(feature: AnyFeature, prefix: string): object {
    this.events.await(feature.awaitedEvents ?? []);
    return feature.attached(featureSession(this.parts, prefix));
  }

  /** Whether the node has the feature shows at the first call: it then has those operations, or not. */
  use<F extends AnyFeature>(feature: F): ApiOf<F> {
    const api = this.used.get(feature.name) ?? this.attached(feature, prefixOf(feature));
    this.used.set(feature.name, api);
    return api as ApiOf<F>;
  }

  async ready(given: ReadyCondition = {}): Promise<void> {
    checkCondition(given);
    const { signal, ...condition } = given;
    const until = performance.now() + (given.timeoutMs ?? readyTimeoutMs);
    for (;;) {
      const leftMs = Math.max(1, Math.ceil(until - performance.now()));
      await this.there(leftMs, signal);
      await this.events.opened;
      try {
        await this.client.call('ready', { ...condition, timeoutMs: leftMs } as ReadyInput, { signal });
        return;
      } catch (problem) {
        if (!this.isLost(problem)) throw problem;
      }
    }
  }

  /** A client that has lost its node waits for it, but no longer than it is told. */
  private async there(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (!this.client.isAway) return;
    const late = AbortSignal.timeout(timeoutMs);
    const given = signal === undefined ? late : AbortSignal.any([signal, late]);
    await raced(this.client.there(), given, 'not ready: the node is not back');
  }

  /** The node went while it was asked: there will be another. */
  private isLost(problem: unknown): boolean {
    const isGone = codeOf(problem) === 'SKEIN_CLOSED' || codeOf(problem) === 'SKEIN_NOT_RUNNING';
    return isGone && this.client.isAway && !this.client.closed;
  }

  async explain(node?: string): Promise<Explanation> {
    if (node !== undefined) checkName(node, 'explain: node');
    await this.events.opened;
    return this.client.call('why', node === undefined ? {} : { node });
  }

  async status(): Promise<NodeStatus> {
    await this.events.opened;
    return this.client.call('status', {});
  }

  async set(settings: Partial<NodeSettings>): Promise<NodeSettings> {
    checkChanges(settings);
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
