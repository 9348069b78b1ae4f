/**
 * The records: every announcement a node knows, reachable or not, and their digests.
 *
 * Who calls it: the topology feature writes, the routing table and everybody's directory read. Invariant:
 * a record only gives way to a newer version of itself; unreachable ones are kept (out of routes and
 * digests) until their hour is over, since deleting them at once makes neighbors send them for ever.
 */
import type { Directory, NodeEntry } from '../contracts.ts';
import type { Instance, NodeId } from '../identity.ts';
import { limits } from '../limits.ts';
import { type Announcement, compareVersions } from './announcement.ts';
import { checkOf, Digests } from './digests.ts';
import { Graph } from './graph.ts';

/** A record with what this node adds to it. Small dense `index` numbers serve the routing table's arrays. */
export class NodeRecord implements NodeEntry {
  index: number;
  /** The indexes of the nodes that it announces links to, known or not. */
  edges: readonly number[];
  /** The one that counts: for routes, and for whoever asks about the node. */
  announcement: Announcement;
  /** The newest version there is. Another one only while it is of a life that is over, and the node is there. */
  newest: Announcement;
  /** The newest version as it came, to be passed on. */
  bytes: Uint8Array;
  /** Of the bytes: where somebody lies, two records of one version are not the same. */
  check: number;
  /** This node has a link to another life of it: the one that made this record is over. */
  isOver = false;
  /** Since when the life that made the newest version is gone, where that is not the one that counts. */
  goneSince = 0;
  reachable = false;
  /** Its node is shut out: the record goes as soon as nobody holds it for reachable. */
  isExcluded = false;
  /** Only then it is known to be more than somebody's word. */
  wasReachable = false;
  since: number;
  steadySince = Number.POSITIVE_INFINITY;

  constructor(
    index: number,
    edges: readonly number[],
    announcement: Announcement,
    bytes: Uint8Array,
    since: number,
  ) {
    this.index = index;
    this.edges = edges;
    this.announcement = announcement;
    this.newest = announcement;
    this.bytes = bytes;
    this.check = checkOf(bytes);
    this.since = since;
  }

  get id(): NodeId {
    return this.announcement.id;
  }
  get name(): string {
    return this.announcement.name;
  }
  get namespace(): string {
    return this.announcement.namespace;
  }
  get instance(): string {
    return this.announcement.instance;
  }
  get epoch(): number {
    return this.announcement.epoch;
  }
  get sequence(): number {
    return this.announcement.sequence;
  }
  get version(): string {
    return this.announcement.version;
  }
  get addresses(): readonly string[] {
    return this.announcement.addresses;
  }
  get links(): readonly NodeId[] {
    return this.announcement.links;
  }
  get services(): readonly string[] {
    return this.announcement.services;
  }
  get left(): boolean {
    return this.announcement.left;
  }
  /** A life that is over has made the newest version: the living one will outbid it as soon as it hears. */
  get isContested(): boolean {
    return this.newest !== this.announcement;
  }
}

/** Indexes that may stand empty before records are numbered anew. */
const indexSlack = 1024;

export type Reception = 'newer' | 'same' | 'older' | 'full';

/**
 * The directory of a node that uses `LinkStateTable`: the announcements it knows, reachable or not.
 *
 * It holds at most 50,000 records and 256 MiB of their bytes. It checks no signature: `put` only what was verified.
 */
export class Records implements Directory {
  /** Digests of the reachable records, in 64 buckets by id: neighbors compare them to find what differs. */
  readonly digests = new Digests();
  /** The effective links, by index: those that both ends announce. */
  graph = new Graph();
  /** By index, 1: reachable. */
  reachability = new Uint8Array(64);
  /** Rises when indexes change. */
  numbering = 0;
  /** Rises when the effective network may have changed: what routes are computed from. */
  version = 0;
  /** Rises when a node offers other services than before. */
  servicesVersion = 0;
  private readonly byId = new Map<NodeId, NodeRecord>();
  private readonly outOfReach = new Set<NodeRecord>();
  /** Since when each contested record is. */
  private readonly contested = new Map<NodeRecord, number>();
  /** Every id that has a record or is named in one has an index of its own. */
  private indexes = new Map<NodeId, number>();
  private totalBytes = 0;
  /** How many indexes the last renumbering left. */
  private numbered = 0;
  /** By index; a hole where there is no record. */
  private byIndex: (NodeRecord | undefined)[] = [];

  /** The record of this node. Undefined: never heard of, or forgotten after an hour without a route. */
  get(id: NodeId): NodeRecord | undefined {
    return this.byId.get(id);
  }

  /** The record with this index. Undefined where the id of this index has no record. */
  at(index: number): NodeRecord | undefined {
    return this.byIndex[index];
  }

  /** All records, reachable or not. */
  entries(): IterableIterator<NodeRecord> {
    return this.byId.values();
  }

  /** The records of nodes without a route. */
  unreachable(): IterableIterator<NodeRecord> {
    return this.outOfReach.values();
  }

  /** How many records there are, reachable or not. */
  get size(): number {
    return this.byId.size;
  }

  /** The records at the other ends of its effective links. */
  adjacentTo(record: NodeRecord): NodeRecord[] {
    return this.graph.neighborsOf(record.index).map((index) => this.byIndex[index] as NodeRecord);
  }

  /** One more than the highest index in use. */
  get indexEnd(): number {
    return this.byIndex.length;
  }

  /** Index of a node that has a record or is a link of one; undefined for others. Stands until `numbering` rises. */
  indexOf(id: NodeId): number | undefined {
    return this.indexes.get(id);
  }

  /**
   * Keeps an announcement and its encoded bytes. `newer`: it was new, or newer than the record that was kept; `same` and
   * `older`: the record that is kept stays; `full`: there is no room. @param now Kernel time in milliseconds.
   * @param unreachableForMs For whoever sent it. Default 0: it is there.
   */
  put(announcement: Announcement, bytes: Uint8Array, now: number, unreachableForMs = 0): Reception {
    const known = this.byId.get(announcement.id);
    const since = now - unreachableForMs;
    if (known === undefined) {
      if (!this.makeRoom(bytes.length, 1)) return 'full';
      this.insert(announcement, bytes, since);
      return 'newer';
    }
    const order = compareVersions(announcement, known.newest) || compareContents(bytes, known);
    if (order <= 0) return order === 0 ? 'same' : 'older';
    if (!this.makeRoom(bytes.length - known.bytes.length, 0, known)) return 'full';
    this.replace(known, announcement, bytes);
    const isGone = announcement.left || unreachableForMs >= limits.goneAfterMs;
    if (isGone && known.reachable && announcement.instance !== known.instance) {
      this.contest(known, since, now);
    } else {
      if (!known.reachable && announcement.instance !== known.instance) {
        known.since = since;
        // It was another life that was within reach: of this one nothing is known for any time.
        known.steadySince = Number.POSITIVE_INFINITY;
      }
      this.adopt(known);
    }
    return 'newer';
  }

  /**
   * Notes whether there is a route to a node; `LinkStateTable.takeChanges` calls it. Only reachable records are in the
   * digests. @param now Kernel time in milliseconds.
   */
  setReachable(record: NodeRecord, reachable: boolean, now: number): void {
    if (record.reachable === reachable) return;
    this.digests.toggle(record.newest, record.check);
    record.reachable = reachable;
    this.reachability[record.index] = Number(reachable);
    // Where ways change, a node may be out of reach for a moment.
    const wasThere = record.steadySince <= record.since && now - record.since < limits.islandSettledMs;
    if (reachable && !wasThere) record.steadySince = now;
    record.wasReachable ||= reachable;
    record.since = now;
    if (reachable) this.outOfReach.delete(record);
    else this.outOfReach.add(record);
  }

  /** A node that went out of reach: what counts now is its newest version, whoever made it. */
  lost(record: NodeRecord): void {
    if (record.isContested) this.adopt(record);
  }

  /** The dead have no say over the living: whoever is there keeps its links until it has outbid this. */
  private contest(record: NodeRecord, goneSince: number, now: number): void {
    record.goneSince = goneSince;
    this.contested.set(record, now);
  }

  /** Whoever lives would have outbid the other long ago: it was the older life that is gone. */
  private endContests(now: number): void {
    for (const [record, since] of this.contested) {
      if (record.isContested && now - since < limits.contestMs) continue;
      this.contested.delete(record);
      this.lost(record);
    }
  }

  /** A link to this life of a node has opened: if another one made the record, its links are no more. */
  linked(id: NodeId, instance: Instance): void {
    const record = this.byId.get(id);
    if (record === undefined) return;
    if (record.newest.instance === instance) this.lost(record);
    if (record.instance !== instance) this.setOver(record, true);
  }

  /** The link is gone: it proves nothing any more. */
  unlinked(id: NodeId): void {
    const record = this.byId.get(id);
    if (record?.isOver === true) this.setOver(record, false);
  }

  /** The node of this record is shut out: none of its links counts any more. */
  exclude(record: NodeRecord): void {
    record.isExcluded = true;
    if (this.connect(record)) this.version++;
    this.forgetExcluded(record);
  }

  /** An excluded record is kept for as long as it is held for reachable, and no longer. */
  forgetExcluded(record: NodeRecord): void {
    if (record.isExcluded && !record.reachable && this.byId.get(record.id) === record) this.remove(record);
  }

  private setOver(record: NodeRecord, isOver: boolean): void {
    record.isOver = isOver;
    if (this.connect(record)) this.version++;
  }

  /** Forgets what has been unreachable for an hour, and ends what nobody settled. Called once a second. */
  forgetOld(now: number): void {
    this.endContests(now);
    for (const record of [...this.outOfReach]) {
      if (now - record.since > limits.unreachableKeptMs) this.remove(record);
    }
    // Ids that nobody names any more still hold their index: number anew when they are the greater part.
    if (this.byIndex.length > 2 * Math.max(this.byId.size, this.numbered) + indexSlack) this.renumber();
  }

  /** Nodes that somebody invented are never reachable: the one known for longest goes first. @param kept Stays. */
  private makeRoom(byteLength: number, count: number, kept?: NodeRecord): boolean {
    const isRoom = (): boolean =>
      this.totalBytes + byteLength <= limits.recordsBytesMax && this.byId.size + count <= limits.recordsMax;
    if (isRoom()) return true;
    for (const record of this.outOfReach) {
      if (record.wasReachable || record === kept) continue;
      this.remove(record);
      if (isRoom()) return true;
    }
    return false;
  }

  private renumber(): void {
    this.indexes = new Map();
    this.byIndex = [];
    for (const record of this.byId.values()) {
      record.index = this.indexFor(record.id);
      this.byIndex[record.index] = record;
    }
    for (const record of this.byId.values()) record.edges = this.edgesOf(record.announcement);
    this.graph = new Graph();
    this.reachability.fill(0);
    for (const record of this.byId.values()) {
      this.reachability[record.index] = Number(record.reachable);
      this.graph.set(record.index, this.effectiveLinksOf(record));
    }
    this.numbered = this.byIndex.length;
    this.numbering++;
    this.version++;
  }

  private indexFor(id: NodeId): number {
    let index = this.indexes.get(id);
    if (index === undefined) {
      index = this.byIndex.length;
      this.indexes.set(id, index);
      this.byIndex.push(undefined);
      if (index >= this.reachability.length) this.reachability = twiceAsLong(this.reachability);
    }
    return index;
  }

  private edgesOf(announcement: Announcement): number[] {
    return announcement.links.map((link) => this.indexFor(link));
  }

  private insert(announcement: Announcement, bytes: Uint8Array, since: number): void {
    const index = this.indexFor(announcement.id);
    const record = new NodeRecord(index, this.edgesOf(announcement), announcement, bytes, since);
    this.byIndex[index] = record;
    this.byId.set(announcement.id, record);
    this.totalBytes += bytes.length;
    this.outOfReach.add(record);
    this.connect(record);
    this.version++;
  }

  private replace(record: NodeRecord, announcement: Announcement, bytes: Uint8Array): void {
    const check = checkOf(bytes);
    if (record.reachable) {
      this.digests.toggle(record.newest, record.check);
      this.digests.toggle(announcement, check);
    }
    record.newest = announcement;
    this.totalBytes += bytes.length - record.bytes.length;
    record.bytes = bytes;
    record.check = check;
  }

  /** The newest version counts from now on. */
  private adopt(record: NodeRecord): void {
    const { announcement: before, newest: announcement } = record;
    record.announcement = announcement;
    if (before.instance !== announcement.instance) record.isOver = false;
    if (!sameItems(before.services, announcement.services)) this.servicesVersion++;
    // A new life, or a goodbye, counts even where no link does: the neighbor's own link may be to the other.
    if (before.instance !== announcement.instance || before.left !== announcement.left) this.version++;
    const sameLife = before.instance === announcement.instance;
    if (sameLife && !before.left && !announcement.left && sameItems(before.links, announcement.links)) return;
    record.edges = this.edgesOf(announcement);
    if (this.connect(record)) this.version++;
  }

  private remove(record: NodeRecord): void {
    for (const other of this.graph.neighborsOf(record.index)) this.graph.remove(other, record.index);
    this.graph.set(record.index, []);
    this.byId.delete(record.id);
    this.totalBytes -= record.bytes.length;
    this.outOfReach.delete(record);
    this.byIndex[record.index] = undefined;
    this.version++;
  }

  /** Finds its effective links anew, at both ends. True when they changed. */
  private connect(record: NodeRecord): boolean {
    const before = this.graph.neighborsOf(record.index);
    const after = this.effectiveLinksOf(record);
    const gone = before.filter((other) => !after.includes(other));
    const fresh = after.filter((other) => !before.includes(other));
    if (gone.length === 0 && fresh.length === 0) return false;
    this.graph.set(record.index, after);
    for (const other of gone) this.graph.remove(other, record.index);
    for (const other of fresh) this.graph.add(other, record.index);
    return true;
  }

  private effectiveLinksOf(record: NodeRecord): number[] {
    const links: number[] = [];
    if (record.left || record.isOver || record.isExcluded) return links;
    for (const edge of record.edges) {
      const other = this.byIndex[edge];
      if (other?.isExcluded === true) continue;
      if (other !== undefined && !other.left && !other.isOver && other.edges.includes(record.index))
        links.push(edge);
    }
    return links;
  }
}

/** Orders two records of one version, the same way at every node: by check, then byte by byte. 0: the same bytes. */
export function compareContents(bytes: Uint8Array, known: Pick<NodeRecord, 'bytes' | 'check'>): number {
  const order = compareBytes(bytes, known.bytes);
  return order === 0 ? 0 : checkOf(bytes) - known.check || order;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

function twiceAsLong(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(bytes.length * 2);
  longer.set(bytes);
  return longer;
}

function sameItems<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
