/**
 * Link-state routing: shortest paths by hops over the effective network, ties broken by round trip.
 *
 * The first implementation of `RoutingTable`; it reads the records that the topology feature keeps. An
 * edge counts only if both ends announce it. A change of one's own links counts at once; what far nodes
 * announce counts from the next `takeChanges` that the throttle lets through, so that a mesh in uproar
 * costs a bounded share of the processor. Invariant: with equal records everywhere, each hop comes
 * strictly closer to the destination, so routes cannot loop: the round trip and a neighbor's stall only
 * choose among next hops of equal length. (Rejected: loop-free alternates, RFC 5286. They are loop-free
 * for one failing router, but a stalled node stalls all its links at once, and two of its neighbors then
 * hand its frames to each other.)
 */
import type { RouteAction, RoutingTable } from '../contracts.ts';
import { compareDistance, type Instance, idOf, type NodeId } from '../identity.ts';
import { limits } from '../limits.ts';
import { Throttle } from '../parts/throttle.ts';
import type { NodeRecord, Records } from './records.ts';

interface OwnLink {
  readonly instance: Instance;
  /** The round trip that the order of neighbors is based on; follows the measured one with hysteresis. */
  orderMs: number;
  stalled: boolean;
}

export interface ReachabilityChanges {
  readonly up: readonly NodeRecord[];
  readonly down: readonly NodeRecord[];
}

type Arrays = [Int32Array<ArrayBuffer>, Int32Array<ArrayBuffer>, Int32Array<ArrayBuffer>];

const noChanges: ReachabilityChanges = { up: [], down: [] };
const reject: RouteAction = { action: 'reject' };
const local: RouteAction = { action: 'local' };
const unvisited = -1;
const nobody: readonly NodeId[] = [];
const keysRememberedMax = 4096;
/** A round trip must change by this much of itself, and by this many ms, to reorder neighbors. */
const hysteresisRatio = 0.25;
const hysteresisMs = 1;

/**
 * Link-state routing over the records that a node knows: shortest paths by hops, ties broken by round trip.
 *
 * Changes of this node's own links count at once; those of records count from `takeChanges`, at most every 5 to 50 ms.
 */
export class LinkStateTable implements RoutingTable {
  /** `takeChanges` has not come to its end: the next call goes on. */
  hasMoreChanges = false;
  private computed = 0;
  private readonly self: NodeId;
  private readonly records: Records;
  private readonly links = new Map<NodeId, OwnLink>();
  private readonly throttle = new Throttle(limits.routesGapMs, limits.routesGapMsMax);
  private seenVersion = -1;
  private takenVersion = -1;
  /** One's own links, or their order, have changed. */
  private dirty = true;
  /** By record index: hops from here, and the neighbor's record index that leads there. */
  private hops = new Int32Array(0);
  private via = new Int32Array(0);
  /** Record indexes in the order in which the search came to them: the nearest first. */
  private order = new Int32Array(0);
  private orderLength = 0;
  private numbering = -1;
  /** By the neighbor's record index: one action serves all nodes behind it. */
  private readonly actions = new Map<number, RouteAction>();
  /** By key, until anything changes: the search looks at every node. */
  private readonly closest = new Map<NodeId, NodeId>();
  private byService: Map<NodeId, NodeId[]> | undefined;
  private byServiceVersion = -1;

  /** @param self Id of this node. @param records Read for routes; `takeChanges` writes into them what is reachable. */
  constructor(self: NodeId, records: Records) {
    this.self = self;
    this.records = records;
  }

  /** Rises whenever an answer of this table may have changed. */
  get version(): number {
    this.refresh();
    return this.computed + this.records.servicesVersion;
  }

  // ── lookups ───────────────────────────────────────────────────────────────────────────────────────

  /** The next hop to a node; `local` for this node itself, `reject` without a route. */
  pathToNode(destination: NodeId): RouteAction {
    if (destination === this.self) return local;
    this.refresh();
    const index = this.records.indexOf(destination);
    return index === undefined ? reject : (this.actions.get(this.via[index] ?? unvisited) ?? reject);
  }

  /** The next hop to the node whose id is closest to the key by XOR distance; `local` if that is this node. */
  pathToKey(key: NodeId): RouteAction {
    this.refresh();
    let closest = this.closest.get(key);
    if (closest === undefined) {
      closest = this.self;
      for (const id of this.reachable()) if (compareDistance(key, id, closest) < 0) closest = id;
      if (this.closest.size >= keysRememberedMax) this.closest.clear();
      this.closest.set(key, closest);
    }
    return this.pathToNode(closest);
  }

  /** The next hop to the nearest provider of the service with this id; `local` if this node offers it. */
  pathToService(service: NodeId): RouteAction {
    this.refresh();
    const best = this.providersOf(service)[0];
    return best === undefined ? reject : this.pathToNode(best);
  }

  /** Ids of the reachable nodes that offer the service with this id, the nearest first; this node among them. */
  providers(service: NodeId): readonly NodeId[] {
    this.refresh();
    return this.providersOf(service);
  }

  /** Hops to the node: 0 for this node itself, Infinity without a route. */
  distance(destination: NodeId): number {
    if (destination === this.self) return 0;
    this.refresh();
    const record = this.records.get(destination);
    const hops = record === undefined ? unvisited : (this.hops[record.index] ?? unvisited);
    return hops === unvisited ? Number.POSITIVE_INFINITY : hops;
  }

  /** Ids of all nodes with a route, the nearest first; this node excluded. */
  *reachable(): Iterable<NodeId> {
    this.refresh();
    for (const record of this.reachableRecords()) yield record.id;
  }

  /** How many nodes have a route, this one excluded. */
  get reachableCount(): number {
    this.refresh();
    return this.orderLength;
  }

  /** The nodes on the way, the destination last; undefined without a route. Follows this node's own view. */
  walk(destination: NodeId): NodeId[] | undefined {
    if (!Number.isFinite(this.distance(destination))) return undefined;
    const path: NodeId[] = [];
    let at = this.records.get(destination);
    while (at !== undefined && at.id !== this.self) {
      path.unshift(at.id);
      at = this.parentOf(at);
    }
    return path;
  }

  // ── changes ───────────────────────────────────────────────────────────────────────────────────────

  /** A link to this incarnation of a neighbor has opened. It carries routes once a record of it announces the link. */
  linkUp(neighbor: NodeId, instance: Instance): void {
    this.links.set(neighbor, { instance, orderMs: Number.POSITIVE_INFINITY, stalled: false });
    this.dirty = true;
  }

  /** The link to this neighbor has ended: no route uses it from now on. */
  linkDown(neighbor: NodeId): void {
    this.links.delete(neighbor);
    this.dirty = true;
  }

  /**
   * The smoothed round trip of a link, in milliseconds. A change counts beyond 1 ms and a quarter of the last value that
   * counted; it only chooses among neighbors of equal length.
   */
  roundTrip(neighbor: NodeId, milliseconds: number): void {
    const link = this.links.get(neighbor);
    if (link === undefined) return;
    const change = Math.abs(milliseconds - link.orderMs);
    const measuredBefore = Number.isFinite(link.orderMs);
    if (measuredBefore && (change <= hysteresisMs || change <= link.orderMs * hysteresisRatio)) return;
    const before = this.preference();
    link.orderMs = milliseconds;
    const after = this.preference();
    if (before.some((id, i) => id !== after[i])) this.dirty = true;
  }

  /** A neighbor has fallen silent for a moment, or sends again. While stalled it is the last choice among equal paths. */
  stalled(neighbor: NodeId, stalled: boolean): void {
    const link = this.links.get(neighbor);
    if (link === undefined || link.stalled === stalled) return;
    link.stalled = stalled;
    this.dirty = true;
  }

  /** When changes that wait for the throttle may count. */
  nextDeadline(): number {
    return this.isStale ? this.throttle.nextAt : Number.POSITIVE_INFINITY;
  }

  /**
   * Computes again where needed and allowed; what became reachable and unreachable since the last call.
   * @param countMax No more of them in this call: where there are more, the next one goes on. Default: all.
   */
  takeChanges(now: number, countMax = Number.POSITIVE_INFINITY): ReachabilityChanges {
    if (this.dirty || (this.isStale && this.throttle.take(now))) this.compute();
    if (this.takenVersion === this.version) return noChanges;
    const version = this.version;
    const up: NodeRecord[] = [];
    const down: NodeRecord[] = [];
    const { reachability } = this.records;
    for (let index = 0; index < this.records.indexEnd; index++) {
      const reachable = (this.hops[index] ?? unvisited) !== unvisited;
      const record = Number(reachable) === reachability[index] ? undefined : this.records.at(index);
      if (record === undefined) continue;
      if (up.length + down.length >= countMax) {
        this.hasMoreChanges = true;
        return { up, down };
      }
      this.records.setReachable(record, reachable, now);
      if (record.id !== this.self) (reachable ? up : down).push(record);
    }
    this.takenVersion = version;
    this.hasMoreChanges = false;
    return { up, down };
  }

  // ── computation ───────────────────────────────────────────────────────────────────────────────────

  private get isStale(): boolean {
    return this.seenVersion !== this.records.version;
  }

  private refresh(): void {
    if (this.dirty || this.numbering !== this.records.numbering) this.compute();
  }

  private *reachableRecords(): Iterable<NodeRecord> {
    for (let i = 0; i < this.orderLength; i++) {
      const record = this.records.at(this.order[i] as number);
      if (record !== undefined) yield record;
    }
  }

  /**
   * Breadth first from this node. Neighbors enter the queue in order of preference and each node inherits
   * the next hop of the first parent that finds it, so of all shortest paths the preferred one wins
   * without comparing any.
   */
  private compute(): void {
    this.dirty = false;
    this.seenVersion = this.records.version;
    this.numbering = this.records.numbering;
    this.computed++;
    this.byService = undefined;
    this.closest.clear();
    this.actions.clear();
    this.search();
  }

  private search(): void {
    this.makeRoom();
    this.hops.fill(unvisited);
    this.via.fill(unvisited);
    this.orderLength = 0;
    const own = this.records.get(this.self);
    if (own !== undefined) this.hops[own.index] = 0;
    for (const id of this.preference()) {
      const record = this.neighborRecord(id);
      if (record === undefined) continue;
      this.actions.set(record.index, { action: 'next', neighbor: id });
      this.visit(record.index, 1, record.index);
    }
    for (let i = 0; i < this.orderLength; i++) this.expand(this.order[i] as number);
  }

  private expand(index: number): void {
    const { starts, counts, targets } = this.records.graph;
    const hops = (this.hops[index] as number) + 1;
    const via = this.via[index] as number;
    const start = starts[index] as number;
    const end = start + (counts[index] as number);
    for (let at = start; at < end; at++) {
      const next = targets[at] as number;
      if (this.hops[next] === unvisited) this.visit(next, hops, via);
    }
  }

  private visit(index: number, hops: number, via: number): void {
    this.hops[index] = hops;
    this.via[index] = via;
    this.order[this.orderLength++] = index;
  }

  private makeRoom(): void {
    const { indexEnd } = this.records;
    if (this.hops.length >= indexEnd) return;
    [this.hops, this.via, this.order] = [0, 1, 2].map(() => new Int32Array(2 * indexEnd)) as Arrays;
  }

  /** A neighbor's record, if its link counts: it announces us, and it is the life that the link leads to. */
  private neighborRecord(id: NodeId): NodeRecord | undefined {
    const record = this.records.get(id);
    const link = this.links.get(id);
    if (record === undefined || link === undefined || record.announcement.left) return undefined;
    return record.instance === link.instance && record.announcement.links.includes(this.self)
      ? record
      : undefined;
  }

  /** Neighbors in the order in which they are taken among equals: healthy, then fast, then by id. */
  private preference(): NodeId[] {
    return [...this.links]
      .sort(
        ([idA, a], [idB, b]) =>
          Number(a.stalled) - Number(b.stalled) || compareMs(a.orderMs, b.orderMs) || idA - idB,
      )
      .map(([id]) => id);
  }

  /** The node before this one on the path that frames take from here. */
  private parentOf(record: NodeRecord): NodeRecord | undefined {
    const hops = this.hops[record.index] as number;
    const via = this.via[record.index];
    if (hops <= 1) return undefined;
    return this.records
      .adjacentTo(record)
      .find(({ index }) => this.hops[index] === hops - 1 && this.via[index] === via);
  }

  private providersOf(service: NodeId): readonly NodeId[] {
    if (this.byService === undefined || this.byServiceVersion !== this.records.servicesVersion) {
      this.byServiceVersion = this.records.servicesVersion;
      this.byService = this.groupByService();
    }
    return this.byService.get(service) ?? nobody;
  }

  private groupByService(): Map<NodeId, NodeId[]> {
    const groups = new Map<NodeId, NodeId[]>();
    const own = this.records.get(this.self);
    for (const record of own === undefined ? this.reachableRecords() : [own, ...this.reachableRecords()]) {
      for (const name of record.services) {
        const service = idOf(name);
        const group = groups.get(service);
        if (group === undefined) groups.set(service, [record.id]);
        else group.push(record.id);
      }
    }
    return groups;
  }
}

function compareMs(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
