/**
 * What the features of this node's program watch at the broker.
 *
 * Made by the swarm's facade. Invariant: a watch outlives a change of the kernel (the node took another name), and is not
 * called back once it was ended.
 */
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { Swarm } from '../core/swarm.ts';
import type { SwarmFeatureShape } from '../shape.ts';

interface Watch {
  readonly topics: readonly string[];
  readonly changed: () => void;
  end: () => void;
}

export class Watches {
  private readonly ports: NodePorts<SwarmFeatureShape, Swarm>;
  private readonly open = new Set<Watch>();

  constructor(ports: NodePorts<SwarmFeatureShape, Swarm>) {
    this.ports = ports;
  }

  add(topics: readonly string[], changed: () => void): () => void {
    const watch: Watch = { topics, changed, end: () => undefined };
    this.ports.enter();
    watch.end = this.ports.behavior.watchFor(watch, topics);
    this.open.add(watch);
    return () => {
      if (this.open.delete(watch) && this.ports.tryEnter()) watch.end();
    };
  }

  changed(handle: unknown): void {
    if (this.open.has(handle as Watch)) (handle as Watch).changed();
  }

  /** The kernel behind this node has changed. */
  resume(): void {
    for (const watch of this.open) {
      if (!this.ports.tryEnter()) return;
      watch.end = this.ports.behavior.watchFor(watch, watch.topics);
      watch.changed();
    }
  }
}
