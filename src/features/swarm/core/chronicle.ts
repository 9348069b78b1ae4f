/**
 * What the broker sees of the swarm's nodes, on its way into the store: who was here when, and what happened for the log.
 *
 * Made by the swarm's behavior. Many sights are written with one operation, a second after the first. Invariant: that the
 * broker is another one is written before anything that it does, and what could not be written is counted in the log.
 */
import type { BehaviorAgent, KernelEvent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Happenings } from './happenings.ts';
import { swarmLimits } from './limits.ts';
import { Register } from './register.ts';
import type { SwarmShape } from './swarm-types.ts';

export interface ChroniclePorts {
  agent(): BehaviorAgent<SwarmShape>;
  /** This node writes the swarm's store. */
  isOpen(): boolean;
}

type NodeChange = Extract<KernelEvent, { type: 'node-up' | 'node-down' }>;
type Seen = {
  readonly name: string;
  readonly services: readonly string[];
  readonly addresses: readonly string[];
};

const never = Number.POSITIVE_INFINITY;

export class Chronicle {
  readonly register = new Register();
  private readonly ports: ChroniclePorts;
  private readonly happenings = new Happenings();
  /** Operations that write what has happened, with the number of events. */
  private readonly writing = new Map<number, number>();
  private writeAt = never;

  constructor(ports: ChroniclePorts) {
    this.ports = ports;
  }

  clear(): void {
    this.register.clear();
    this.happenings.clear();
    this.writeAt = never;
  }

  brokerChanged(former: NodeId | undefined, isWrittenElsewhere: boolean): void {
    this.happenings.brokerChanged(former, isWrittenElsewhere);
  }

  /** The store is about to open for this broker. */
  begin(epoch: number): void {
    const agent = this.ports.agent();
    const { directory, self } = agent;
    this.happenings.tookOver(epoch, agent);
    for (const entry of directory.entries()) {
      if (entry.reachable || entry.name === self.name) {
        this.happenings.present(entry.name, agent);
        this.saw(entry);
      } else this.register.loaded([entry.name]);
    }
    this.writeAll();
  }

  /** @param broker Whom this node follows. */
  changed(event: NodeChange, broker: NodeId | undefined): void {
    const agent = this.ports.agent();
    const { node } = event;
    if (this.ports.isOpen()) {
      if (event.type === 'node-up') this.happenings.joined(node.name, agent);
      else this.happenings.left(node.name, event.reason, agent);
      this.saw(node);
    } else if (event.type === 'node-down') this.happenings.downBefore(node, event.reason, broker, agent);
  }

  saw(entry: Seen): void {
    const agent = this.ports.agent();
    this.register.saw(entry, agent.wallNow);
    if (this.writeAt === never) this.writeAt = agent.now + swarmLimits.swarmSeenMs;
  }

  /** This node itself is about to end. */
  stopped(): void {
    const agent = this.ports.agent();
    if (!this.ports.isOpen()) return;
    this.happenings.left(agent.self.name, 'left', agent);
    this.writeAll();
  }

  /** What was seen in the last second. */
  write(): void {
    if (this.ports.isOpen()) this.writeAll();
    else this.writeAt = never;
  }

  /** An operation has ended: it may be one of these. */
  completed(token: number, isWritten: boolean): void {
    const events = this.writing.get(token) ?? 0;
    this.writing.delete(token);
    if (!isWritten) this.happenings.notWritten(events);
  }

  nextDeadline(): number {
    return this.writeAt;
  }

  deadline(now: number): void {
    if (now >= this.writeAt) this.write();
  }

  private writeAll(): void {
    this.writeAt = never;
    while (this.register.hasUnwritten || this.happenings.hasUnwritten) {
      const events = this.happenings.takeUnwritten();
      const token = this.ports.agent().store('saw', { sights: this.register.takeUnwritten(), events });
      this.writing.set(token, events.length);
    }
  }
}
