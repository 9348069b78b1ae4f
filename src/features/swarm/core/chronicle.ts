/**
 * What the broker sees of the swarm's nodes, on its way into the store: who was here when, and what happened for the log.
 *
 * Made by the swarm's behavior. It begins when this node becomes the broker, also where nobody uses the store: what happens
 * is kept until somebody does. Many sights are written with one operation, a second after the first. Invariant: that the
 * broker is another one is written before anything that it does, and what could not be written is counted in the log.
 */
import type { BehaviorAgent, KernelEvent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';
import { Happenings } from './happenings.ts';
import { swarmLimits } from './limits.ts';
import { Register } from './register.ts';
import { Repeats } from './repeats.ts';
import type { Office, SwarmChronicle } from './shared.ts';
import type { SwarmShape } from './swarm-types.ts';

export interface ChroniclePorts {
  agent(): BehaviorAgent<SwarmShape>;
  /** This node is the one that writes the swarm's store, whether somebody uses it or not. */
  isKeeper(): boolean;
  /** Its store is open. */
  isOpen(): boolean;
}

type NodeChange = Extract<KernelEvent, { type: 'node-up' | 'node-down' }>;
type Seen = {
  readonly name: string;
  readonly services: readonly string[];
  readonly addresses: readonly string[];
};

const never = Number.POSITIVE_INFINITY;

export class Chronicle implements SwarmChronicle {
  readonly register = new Register();
  private readonly ports: ChroniclePorts;
  private readonly happenings = new Happenings();
  private readonly repeats = new Repeats();
  /** Operations that write what has happened, with the number of events. */
  private readonly writing = new Map<number, number>();
  private readonly listeners: (() => void)[] = [];
  private writeAt = never;
  /** What each node was last seen to offer: a goodbye takes all services back, and is not what it offered. */
  private readonly offers = new Map<string, readonly string[]>();
  private haveServicesChanged = false;

  constructor(ports: ChroniclePorts) {
    this.ports = ports;
  }

  brokerChanged(former: NodeId | undefined, isWrittenElsewhere: boolean): void {
    this.happenings.brokerChanged(former, isWrittenElsewhere);
  }

  onBegan(began: () => void): void {
    this.listeners.push(began);
  }

  /** The store is not open: it may never have been. @param wasOpen Until now. @param epoch Of this broker. */
  closed(state: Office['state'], wasOpen: boolean, epoch: number): void {
    this.register.clear();
    this.offers.clear();
    // What is kept for a store that could not be opened yet stays.
    if (state === 'failed' && !wasOpen) return;
    this.happenings.clear();
    this.repeats.clear();
    this.writeAt = never;
    if (state !== 'elsewhere') this.tookOver(epoch);
  }

  /** The store is about to open for this broker. */
  begin(epoch: number): void {
    const { directory, self } = this.ports.agent();
    if (this.happenings.mustBeginAgain) this.tookOver(epoch);
    for (const entry of directory.entries()) {
      if (entry.reachable || entry.name === self.name) this.saw(entry);
      else this.register.loaded([entry.name]);
    }
    this.writeAll();
  }

  /** This node is the one that writes from now on. */
  private tookOver(epoch: number): void {
    const agent = this.ports.agent();
    this.happenings.tookOver(epoch, agent);
    for (const { reachable, name } of agent.directory.entries())
      if (reachable || name === agent.self.name) this.happenings.present(name, agent);
    for (const began of this.listeners) began();
  }

  /** Something has happened that a feature wants in the log. */
  noted(event: LogEvent): void {
    if (!this.ports.isKeeper()) return;
    this.happenings.noted(event, this.ports.isOpen());
    this.writeSoon();
  }

  /** The same of what a member may cause again and again. @param kind What is counted together. */
  notedOften(kind: string, event: LogEvent): void {
    if (this.ports.isKeeper() && this.repeats.isFirst(kind, event, this.ports.agent().now)) this.noted(event);
  }

  /** @param broker Whom this node follows. */
  changed(event: NodeChange, broker: NodeId | undefined): void {
    const agent = this.ports.agent();
    const { node } = event;
    if (this.ports.isKeeper()) {
      const isOpen = this.ports.isOpen();
      if (event.type === 'node-up') this.happenings.joined(node.name, agent, isOpen);
      else this.happenings.left(node.name, event.reason, agent, isOpen);
      if (isOpen) this.saw(event.type === 'node-up' ? node : this.asLastOffered(node));
    } else if (event.type === 'node-down') this.happenings.downBefore(node, event.reason, broker, agent);
  }

  /** Of some node: which, is looked for once for many changes. */
  servicesChanged(): void {
    if (!this.ports.isKeeper() || !this.ports.isOpen()) return;
    this.haveServicesChanged = true;
    this.writeSoon();
  }

  private seeServices(): void {
    const { directory } = this.ports.agent();
    this.haveServicesChanged = false;
    for (const entry of directory.entries())
      if (entry.reachable && !isSame(this.offers.get(entry.name), entry.services)) this.saw(entry);
  }

  private asLastOffered({ name, services, addresses }: Seen): Seen {
    return { name, services: this.offers.get(name) ?? services, addresses };
  }

  forget(name: string): void {
    this.register.forget(name);
    this.offers.delete(name);
  }

  saw(entry: Seen): void {
    const agent = this.ports.agent();
    if (this.register.saw(entry, agent.wallNow)) this.offers.set(entry.name, entry.services);
    if (this.writeAt === never) this.writeAt = agent.now + swarmLimits.swarmSeenMs;
  }

  /** This node itself is about to end. */
  stopped(): void {
    const agent = this.ports.agent();
    if (!this.ports.isOpen()) return;
    this.noteRepeats(Number.POSITIVE_INFINITY);
    this.happenings.left(agent.self.name, 'left', agent, true);
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
    return Math.min(this.writeAt, this.repeats.nextDeadline());
  }

  deadline(now: number): void {
    if (now >= this.repeats.nextDeadline()) this.noteRepeats(now);
    if (now >= this.writeAt) this.write();
  }

  private noteRepeats(now: number): void {
    for (const event of this.repeats.ended(now, this.ports.agent().wallNow)) this.noted(event);
  }

  private writeSoon(): void {
    const agent = this.ports.agent();
    if (this.writeAt === never && this.ports.isOpen()) this.writeAt = agent.now + swarmLimits.swarmSeenMs;
    // The kernel asks for the deadlines of behaviors that were called: it may be another one's turn.
    agent.flushLater();
  }

  private writeAll(): void {
    if (this.haveServicesChanged) this.seeServices();
    this.writeAt = never;
    while (this.register.hasUnwritten || this.happenings.hasUnwritten) {
      const events = this.happenings.takeUnwritten();
      const token = this.ports.agent().store('saw', { sights: this.register.takeUnwritten(), events });
      this.writing.set(token, events.length);
    }
  }
}

function isSame(before: readonly string[] | undefined, now: readonly string[]): boolean {
  return before !== undefined && before.length === now.length && before.every((name, i) => name === now[i]);
}
