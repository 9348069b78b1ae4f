/**
 * Changes of availability and activity as events of the log.
 *
 * Made by the log's behavior, and at work on every node; only what the broker notes is written. Invariant: who reads
 * the log from where a broker began knows the state of every node: one of which nothing is said is available and active.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import type { SwarmCore } from '../../swarm/core/shared.ts';

export interface AvailabilityEventsPorts {
  agent(): Pick<BehaviorAgent, 'directory' | 'self' | 'wallNow'>;
  readonly swarm: SwarmCore;
  readonly availability: AvailabilityCore;
}

interface Changed {
  readonly name: string;
  readonly available: boolean;
  readonly active: boolean;
}

export class AvailabilityEvents {
  private readonly ports: AvailabilityEventsPorts;

  constructor(ports: AvailabilityEventsPorts) {
    this.ports = ports;
    // A node can change it as often as it may announce.
    ports.availability.onChanged((changed) => ports.swarm.chronicle.noted(this.eventOf(changed)));
    ports.swarm.chronicle.onBegan(() => this.began());
  }

  /** Of nodes that were here when the broker began. */
  private began(): void {
    const { availability, swarm } = this.ports;
    const { directory, self } = this.ports.agent();
    for (const node of availability.unusualNodes()) {
      const entry = directory.get(node);
      const name = node === self.id ? self.name : entry?.reachable === true ? entry.name : undefined;
      if (name !== undefined) swarm.chronicle.noted(this.eventOf({ name, ...availability.stateOf(node) }));
    }
  }

  private eventOf({ name, available, active }: Changed): LogEvent {
    const { self, wallNow } = this.ports.agent();
    const note = `${available ? 'available' : 'not available'}, ${active ? 'active' : 'not active'}`;
    const at = Math.floor(wallNow);
    return {
      type: 'node.changed',
      at,
      author: name,
      subject: name,
      recipients: [],
      trace: [self.name],
      note,
    };
  }
}
