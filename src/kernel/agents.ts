/**
 * The agents: all that a behavior or a connection handler can do, and nothing else.
 *
 * Made by the kernel, one per behavior and one per handler. Invariant: an agent holds no state of its
 * own; each call goes to the part of the node that owns the matter.
 */
import type { Behaviors, Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type {
  BehaviorAgent,
  ConnectionAgent,
  Directory,
  DoorAction,
  DownReason,
  DropReason,
  KernelEvent,
  LinkId,
  LinkStatistics,
  LogLevel,
  Neighbor,
  PreparedBroadcast,
  PreparedFrame,
  Random,
  Route,
  RoutingTable,
  SelfView,
  SendOptions,
  ShutOut,
  StoreOperation,
  StorePlace,
  Unsent,
  Uptime,
} from './contracts.ts';
import type { Failure } from './errors.ts';
import type { Forwarder } from './forwarder.ts';
import type { FrameMaker } from './frame-maker.ts';
import { checkName, type Instance, type NodeId } from './identity.ts';
import { limits } from './limits.ts';
import type { Neighborhood } from './neighborhood.ts';
import type { PreparedFrames } from './prepared-frames.ts';
import { RouteKind } from './wire/frame.ts';

/** The parts of a node that agents act on. */
export interface AgentParts {
  readonly context: Context;
  readonly neighborhood: Neighborhood;
  readonly forwarder: Forwarder;
  readonly maker: FrameMaker;
  readonly prepared: PreparedFrames;
  readonly behaviors: Behaviors;
  readonly nextStoreToken: () => number;
  readonly fail: (failure: Failure) => void;
}

class BaseAgent {
  protected readonly slot: Slot;
  protected readonly parts: AgentParts;

  constructor(slot: Slot, parts: AgentParts) {
    this.slot = slot;
    this.parts = parts;
  }

  get self(): SelfView {
    return this.parts.context.self;
  }

  get now(): number {
    return this.parts.context.now;
  }

  get wallNow(): number {
    return this.parts.context.wallNow;
  }

  clock(): number {
    return this.parts.context.config.clock?.now() ?? 0;
  }

  uptime(): Uptime | undefined {
    return this.parts.context.config.clock?.uptime?.();
  }

  get random(): Random {
    return this.parts.context.random;
  }

  get routes(): RoutingTable {
    return this.parts.context.routes;
  }

  get directory(): Directory {
    return this.parts.context.directory;
  }

  send(route: Route, payload: Uint8Array, options: SendOptions): readonly Unsent[] {
    return this.parts.forwarder.send(this.slot, route, payload, options);
  }

  sendOnLink(link: LinkId, payload: Uint8Array, options: SendOptions): boolean {
    const frame = this.parts.maker.make(this.slot.number, RouteKind.link, 0, payload, {
      ttl: 1,
      ...options,
    });
    return this.parts.neighborhood.linkOf(link)?.send(frame, 0, frame.length, options.urgent) ?? false;
  }

  log(level: LogLevel, text: string, fields: Record<string, unknown> = {}): void {
    this.parts.context.log(level, text, { feature: this.slot.name, ...fields });
  }

  protected tell(event: unknown, link?: LinkId, from?: Neighbor): void {
    for (const [id, { handler, agent }] of [...this.slot.handlers]) {
      if (link !== undefined && id !== link) continue;
      if (from === undefined) handler.behaviorEvent?.(agent, event);
      else if (id !== from.link) handler.otherHandlerEvent?.(agent, from, event);
    }
  }
}

export class KernelBehaviorAgent extends BaseAgent implements BehaviorAgent {
  get neighbors(): ReadonlyMap<NodeId, Neighbor> {
    return this.parts.neighborhood.neighbors;
  }

  get openingCount(): number {
    return this.parts.neighborhood.links.openingCount;
  }

  statistics(link: LinkId): LinkStatistics | undefined {
    return this.parts.neighborhood.linkOf(link)?.statistics;
  }

  dial(address: string, reason = 0, avoid: readonly string[] = []): LinkId {
    const { number: feature } = this.slot;
    return this.parts.neighborhood.links.dial(address, { feature, reason, isPrivate: false }, avoid);
  }

  dialPrivate(address: string, reason = 0): LinkId {
    const { number: feature } = this.slot;
    return this.parts.neighborhood.links.dial(address, { feature, reason, isPrivate: true });
  }

  closeLink(link: LinkId, reason: DownReason = 'closed'): void {
    this.parts.neighborhood.close(link, reason);
  }

  closeNode(node: NodeId, reason: DownReason = 'closed'): void {
    const neighbor = this.neighbors.get(node);
    if (neighbor !== undefined) this.closeLink(neighbor.link, reason);
  }

  resolveCheck(link: LinkId, verdict: Failure | undefined): void {
    this.parts.neighborhood.resolveCheck(link, verdict);
  }

  shutOut(answer: ShutOut | undefined): void {
    this.parts.context.shutOuts.set(this.slot.name, answer);
    this.parts.neighborhood.shutOutChanged();
    this.parts.behaviors.emit({ type: 'shut-out-changed' });
  }

  whyShutOut(node: NodeId, instance: Instance | undefined): Failure | undefined {
    return this.parts.context.shutOuts.why(node, instance);
  }

  tellHandler(link: LinkId, event: unknown): void {
    this.tell(event, link);
  }

  tellHandlers(event: unknown): void {
    this.tell(event);
  }

  solicits(answer: () => boolean): void {
    this.parts.neighborhood.solicits = answer;
  }

  prepare(destination: NodeId, head: Uint8Array, options: SendOptions): PreparedFrame {
    return this.parts.prepared.prepare(this.slot, destination, head, options);
  }

  sendPrepared(frame: PreparedFrame, sequence: number, tail: Uint8Array): DropReason | undefined {
    return this.parts.prepared.send(frame, sequence, tail);
  }

  prepareBroadcast(head: Uint8Array, options: SendOptions): PreparedBroadcast {
    return this.parts.prepared.prepareBroadcast(this.slot, head, options);
  }

  sendPreparedBroadcast(frame: PreparedBroadcast, sequence: number, tail: Uint8Array): readonly Unsent[] {
    return this.parts.prepared.sendBroadcast(frame, sequence, tail);
  }

  sendVia(link: LinkId, destination: NodeId, payload: Uint8Array, options: SendOptions): boolean {
    const frame = this.parts.maker.make(this.slot.number, RouteKind.node, destination, payload, options);
    return this.parts.neighborhood.linkOf(link)?.send(frame, 0, frame.length, options.urgent) ?? false;
  }

  sendFrame(frame: Uint8Array, destination: NodeId, via: LinkId | undefined): DropReason | undefined {
    return this.parts.forwarder.sendFrame(frame, destination, via);
  }

  broadcastDatagram(bytes: Uint8Array): void {
    this.parts.context.outbox.put({ type: 'broadcast', bytes });
  }

  sendDatagram(address: string, bytes: Uint8Array): void {
    this.parts.context.outbox.put({ type: 'datagram', address, bytes });
  }

  door(action: DoorAction): void {
    this.parts.context.outbox.put({ type: 'door', feature: this.slot.name, action });
  }

  deliver(event: unknown): void {
    this.parts.context.outbox.put({ type: 'deliver', feature: this.slot.name, event });
  }

  store(verb: string, input: unknown): number {
    return this.askStore('swarm', verb, input);
  }

  ownStore(verb: string, input: unknown): number {
    return this.askStore('own', verb, input);
  }

  private askStore(place: StorePlace, verb: string, input: unknown): number {
    const token = this.parts.nextStoreToken();
    const operation = { verb, input } as StoreOperation;
    this.parts.context.outbox.put({ type: 'store', place, feature: this.slot.name, token, operation });
    return token;
  }

  emit(event: KernelEvent): void {
    this.parts.behaviors.emit(event);
    if (event.type === 'node-up' || event.type === 'node-down' || event.type === 'services-changed') {
      this.parts.context.outbox.put({ type: 'deliver', feature: 'kernel', event });
    }
  }

  announce(section: Uint8Array | undefined): void {
    const { sections } = this.parts.context.self;
    if (section !== undefined && section.length > limits.sectionBytesMax) {
      throw new TypeError(
        `announce: ${section.length} bytes are over the limit of ${limits.sectionBytesMax}`,
      );
    }
    if (section === undefined) sections.delete(this.slot.name);
    else sections.set(this.slot.name, section);
    this.parts.behaviors.emit({ type: 'own-announcement-changed' });
  }

  offerService(service: string): void {
    checkName(service, 'service');
    const { services } = this.parts.context.self;
    if (services.has(service)) return;
    if (services.size >= limits.servicesPerRecordMax)
      throw new TypeError(`a node offers at most ${limits.servicesPerRecordMax} services`);
    services.add(service);
    this.parts.behaviors.emit({ type: 'own-announcement-changed' });
  }

  withdrawService(service: string): void {
    if (this.parts.context.self.services.delete(service))
      this.parts.behaviors.emit({ type: 'own-announcement-changed' });
  }

  snoop(on: boolean): void {
    this.slot.snoops = on;
  }

  flushLater(): void {
    this.slot.wantsFlush = true;
  }

  fail(failure: Failure): void {
    this.parts.fail(failure);
  }
}

export class KernelConnectionAgent extends BaseAgent implements ConnectionAgent {
  readonly neighbor: Neighbor;

  constructor(slot: Slot, parts: AgentParts, neighbor: Neighbor) {
    super(slot, parts);
    this.neighbor = neighbor;
  }

  sendHere(payload: Uint8Array, options: SendOptions): boolean {
    return this.sendOnLink(this.neighbor.link, payload, options);
  }

  tellBehavior(event: unknown): void {
    this.slot.behavior.links?.handlerEvent?.(this.slot.agent, this.neighbor, event);
  }

  tellHandlers(event: unknown, link?: LinkId): void {
    this.tell(event, link, this.neighbor);
  }

  close(reason: DownReason = 'closed'): void {
    this.parts.neighborhood.close(this.neighbor.link, reason);
  }
}
