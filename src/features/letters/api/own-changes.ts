/**
 * Watches of letters that also hear of what this node itself does to them: the broker knows nothing of an outbox.
 *
 * Made by the letters facade. Invariant: a watch that was ended hears nothing.
 */
import type { SwarmShared } from '../../swarm/shape.ts';

export class OwnChanges {
  private readonly watches = new Map<string, Set<() => void>>();

  /** The swarm, with its watches joined to those of this node. */
  joined(swarm: SwarmShared): SwarmShared {
    return {
      nodesAfter: (name) => swarm.nodesAfter(name),
      ask: (verb, input) => swarm.ask(verb, input),
      watch: (topics, changed) => {
        const stop = swarm.watch(topics, changed);
        // The same function may watch twice.
        const own = (): void => changed();
        for (const topic of topics) this.add(topic, own);
        return () => {
          stop();
          for (const topic of topics) this.delete(topic, own);
        };
      },
    };
  }

  touched(topic: string): void {
    for (const changed of [...(this.watches.get(topic) ?? [])]) changed();
  }

  private add(topic: string, changed: () => void): void {
    const known = this.watches.get(topic) ?? new Set();
    known.add(changed);
    this.watches.set(topic, known);
  }

  private delete(topic: string, changed: () => void): void {
    const known = this.watches.get(topic);
    known?.delete(changed);
    if (known?.size === 0) this.watches.delete(topic);
  }
}
