/**
 * Members that watch something at this broker.
 *
 * Made by the swarm's behavior; at work while this node is the broker. Invariant: a member has at most one notice of a
 * watch on its way: what changes meanwhile is said once that one has arrived; a member holds a limited number of watches.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import { swarmLimits } from './limits.ts';

interface Watcher {
  readonly from: LineEnd;
  readonly number: number;
  readonly topics: readonly string[];
  state: 'quiet' | 'saying' | 'to say again';
}

/** @param arrived Called once the member has it. */
type Notify = (to: LineEnd, number: number, arrived: () => void) => void;

export class Watchers {
  private readonly notify: Notify;
  private readonly byTopic = new Map<string, Set<Watcher>>();
  private readonly byNode = new Map<NodeId, Map<number, Watcher>>();

  constructor(notify: Notify) {
    this.notify = notify;
  }

  get count(): number {
    let count = 0;
    for (const { size } of this.byNode.values()) count += size;
    return count;
  }

  /** One more than a member may have is ignored: its own node refuses it before. */
  add(from: LineEnd, number: number, topics: readonly string[]): void {
    const [first] = this.byNode.get(from.node)?.values() ?? [];
    if (first !== undefined && first.from.life !== from.life) this.ended(from.node);
    this.remove(from.node, number);
    const own = this.byNode.get(from.node) ?? new Map<number, Watcher>();
    if (own.size >= swarmLimits.swarmWatchesMax) return;
    const watcher: Watcher = { from, number, topics, state: 'quiet' };
    own.set(number, watcher);
    this.byNode.set(from.node, own);
    for (const topic of topics) {
      const all = this.byTopic.get(topic);
      if (all === undefined) this.byTopic.set(topic, new Set([watcher]));
      else all.add(watcher);
    }
  }

  remove(node: NodeId, number: number): void {
    const own = this.byNode.get(node);
    const watcher = own?.get(number);
    if (own === undefined || watcher === undefined) return;
    own.delete(number);
    if (own.size === 0) this.byNode.delete(node);
    for (const topic of watcher.topics) {
      const all = this.byTopic.get(topic);
      all?.delete(watcher);
      if (all?.size === 0) this.byTopic.delete(topic);
    }
  }

  /** An incarnation is over. */
  ended(node: NodeId): void {
    for (const number of [...(this.byNode.get(node)?.keys() ?? [])]) this.remove(node, number);
  }

  clear(): void {
    this.byTopic.clear();
    this.byNode.clear();
  }

  touched(topic: string): void {
    for (const watcher of this.byTopic.get(topic) ?? []) this.say(watcher);
  }

  /** Another broker may have written meanwhile. */
  touchedAll(): void {
    for (const own of this.byNode.values()) for (const watcher of own.values()) this.say(watcher);
  }

  private say(watcher: Watcher): void {
    if (watcher.state !== 'quiet') {
      watcher.state = 'to say again';
      return;
    }
    watcher.state = 'saying';
    this.notify(watcher.from, watcher.number, () => {
      const isAgain = watcher.state === 'to say again';
      watcher.state = 'quiet';
      if (isAgain && this.byNode.get(watcher.from.node)?.get(watcher.number) === watcher) this.say(watcher);
    });
  }
}
