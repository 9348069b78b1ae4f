/**
 * Places in the swarm's queue by integer ranks: priority 1 before all that are queued, 2 in their middle, 3 behind all.
 *
 * Matching calls it. A rank is given before its task is in the store, and is held for it until it is queued (`queued`) or
 * not (`release`): places that are held count as any other. Ranks have gaps; where the middle has no gap left, the
 * smallest window of neighbors that has room is spread out, the larger the window the wider (Bender and others, "Two
 * Simplified Algorithms for Maintaining Order in a List", 2002), so that a place costs few moves on average. What was moved
 * is collected for the store (`takeMoved`). Invariant: ranks never fall along the queue; those that this gives are unique
 * when they are given. Loaded ones may be equal (two stores were merged): then the place in the store decides.
 */
import type { Priority, Ranked } from '../tasks-types.ts';

/** Between neighbors at either end: 2 ** 33 tasks fit behind each other before a queue that is never empty is moved. */
const rankStep = 2 ** 20;
const rankMax = Number.MAX_SAFE_INTEGER;
const rankMin = Number.MIN_SAFE_INTEGER;
/** What a window of one is spread to at least; one of w neighbors to the square root of w times that. */
const gapMin = 2 ** 8;
const entriesPerChunkMax = 256;

/** A task in the queue, or a place that is held for one. */
export interface QueueEntry {
  /** 0: its task is not in the store yet. */
  readonly n: number;
  /** It changes when it is moved, and its order among others does not. */
  readonly rank: number;
}

/** A class, so that all have one form, whether a rank is small or large: others read them all the time. */
class Entry implements QueueEntry {
  n: number;
  rank = Number.POSITIVE_INFINITY;
  chunk: Entry[];

  constructor(n: number, rank: number, chunk: Entry[]) {
    this.n = n;
    this.rank = rank;
    this.chunk = chunk;
  }
}

export class Ranks {
  private readonly chunks: Entry[][] = [];
  /** Places that are held, by the rank that was given for them. */
  private readonly held = new Map<number, Entry>();
  private readonly moved = new Map<number, Entry>();
  private readonly onMoved: (n: number) => void;
  private count = 0;

  /** @param onMoved Called for each queued task whose rank has changed. */
  constructor(onMoved: (n: number) => void) {
    this.onMoved = onMoved;
  }

  get size(): number {
    return this.count;
  }

  /** Holds a place for a task that is about to be queued. @returns Its rank. */
  place(priority: Priority): number {
    const index = priority === 1 ? 0 : priority === 2 ? Math.ceil(this.count / 2) : this.count;
    let rank = this.freeRank(index);
    while (rank === undefined) {
      this.spread(index);
      rank = this.freeRank(index);
    }
    this.held.set(rank, this.insert(index, 0, rank));
    return rank;
  }

  /** The task is queued at the place that was held for this rank, or where the rank says. */
  queued(n: number, rank: number): QueueEntry {
    const entry = this.held.get(rank);
    if (entry === undefined) return this.insert(this.indexOf(n, rank), n, rank);
    this.held.delete(rank);
    entry.n = n;
    if (entry.rank !== rank) this.moved.set(n, entry);
    return entry;
  }

  /** No task came to this place. */
  release(rank: number): void {
    const entry = this.held.get(rank);
    if (entry === undefined) return;
    this.held.delete(rank);
    this.takeOut(entry);
  }

  /** The task is not queued any more. @param entry That of `queued`. */
  remove(entry: QueueEntry): void {
    if (this.moved.size > 0) this.moved.delete(entry.n);
    this.takeOut(entry as Entry);
  }

  /** Queued tasks that have another rank than the store knows. Each is given once. */
  takeMoved(): Ranked[] {
    if (this.moved.size === 0) return [];
    const moved = [...this.moved.values()].map(({ n, rank }) => ({ n, rank }));
    this.moved.clear();
    return moved;
  }

  /** In order. */
  *entries(): Generator<QueueEntry> {
    for (const chunk of this.chunks) yield* chunk;
  }

  /** A rank between those of the neighbors that is not given yet, or undefined if there is none. */
  private freeRank(index: number): number | undefined {
    const low = this.rankBefore(index);
    const high = this.rankAt(index);
    const lowest = (low ?? rankMin - 1) + 1;
    const highest = (high ?? rankMax + 1) - 1;
    const wanted = Math.max(lowest, wantedRank(low, high));
    for (let rank = wanted; rank <= highest; rank++) if (!this.held.has(rank)) return rank;
    for (let rank = wanted - 1; rank >= lowest; rank--) if (!this.held.has(rank)) return rank;
    return undefined;
  }

  /** Makes room before the entry at this index. */
  private spread(index: number): void {
    for (let width = 2; ; width *= 2) {
      const from = Math.max(0, index - width / 2);
      const to = Math.min(this.count, index + width / 2);
      const isAll = from === 0 && to === this.count;
      const { low, gap } = this.roomOf(from, to);
      if (gap < gapMin * Math.sqrt(width) && !(isAll && gap >= 2)) continue;
      this.respace(from, to, low, gap, index);
      return;
    }
  }

  /** The gap that these entries and a new one among them can have, and the rank that they come after. */
  private roomOf(from: number, to: number): { readonly low: number; readonly gap: number } {
    const places = to - from + 2;
    const first = this.rankAt(from) ?? 0;
    const last = this.rankBefore(to) ?? 0;
    // Beyond the ends there is room for all time: a window takes of it what it needs, and no more.
    const low = this.rankBefore(from) ?? Math.max(rankMin - 1, first - places * rankStep);
    const high = this.rankAt(to) ?? Math.min(rankMax + 1, last + places * rankStep);
    return { low, gap: Math.floor(Math.min(high / places - low / places, rankStep)) };
  }

  private respace(from: number, to: number, low: number, gap: number, hole: number): void {
    let { chunk, at } = this.locate(from);
    for (let index = from; index < to; index++) {
      while (at >= (this.chunks[chunk] as Entry[]).length) [chunk, at] = [chunk + 1, 0];
      const entry = this.chunks[chunk]?.[at++] as Entry;
      this.move(entry, low + gap * (index - from + (index < hole ? 1 : 2)));
    }
  }

  private move(entry: Entry, rank: number): void {
    if (entry.rank === rank) return;
    entry.rank = rank;
    if (entry.n === 0) return;
    this.moved.set(entry.n, entry);
    this.onMoved(entry.n);
  }

  private rankBefore(index: number): number | undefined {
    return index === 0 ? undefined : this.rankAt(index - 1);
  }

  private rankAt(index: number): number | undefined {
    if (index >= this.count) return undefined;
    const { chunk, at } = this.locate(index);
    return this.chunks[chunk]?.[at]?.rank;
  }

  /** Behind the last entry: the end of the last chunk. */
  private locate(index: number): { readonly chunk: number; readonly at: number } {
    if (index * 2 > this.count) return this.locateFromEnd(index);
    let [chunk, at] = [0, index];
    while (chunk < this.chunks.length - 1 && at >= (this.chunks[chunk] as Entry[]).length) {
      at -= (this.chunks[chunk] as Entry[]).length;
      chunk++;
    }
    return { chunk, at };
  }

  private locateFromEnd(index: number): { readonly chunk: number; readonly at: number } {
    let chunk = this.chunks.length - 1;
    let start = this.count - (this.chunks[chunk]?.length ?? 0);
    while (index < start) {
      chunk--;
      start -= (this.chunks[chunk] as Entry[]).length;
    }
    return { chunk, at: index - start };
  }

  /** Where a task with this rank belongs. */
  private indexOf(n: number, rank: number): number {
    let index = 0;
    for (const chunk of this.chunks) {
      const last = chunk.at(-1) as Entry;
      if (isBefore(last, n, rank)) index += chunk.length;
      else return index + firstIndex(chunk.length, (at) => !isBefore(chunk[at] as Entry, n, rank));
    }
    return index;
  }

  private insert(index: number, n: number, rank: number): Entry {
    this.count++;
    if (this.chunks.length === 0) this.chunks.push([]);
    const { chunk, at } = index === this.count - 1 ? this.end() : this.locate(index);
    const into = this.chunks[chunk] as Entry[];
    const entry = new Entry(n, rank, into);
    into.splice(at, 0, entry);
    if (into.length > entriesPerChunkMax) this.split(chunk, at);
    return entry;
  }

  private end(): { readonly chunk: number; readonly at: number } {
    const chunk = this.chunks.length - 1;
    return { chunk, at: (this.chunks[chunk] as Entry[]).length };
  }

  /** In the middle; after an entry that came last before it, since most come last and full chunks then stay full. */
  private split(chunk: number, addedAt: number): void {
    const entries = this.chunks[chunk] as Entry[];
    const behind = entries.splice(addedAt === entries.length - 1 ? addedAt : entries.length >>> 1);
    for (const entry of behind) entry.chunk = behind;
    this.chunks.splice(chunk + 1, 0, behind);
  }

  private takeOut(entry: Entry): void {
    const { chunk } = entry;
    this.count--;
    chunk.splice(chunk.indexOf(entry), 1);
    if (chunk.length === 0) this.chunks.splice(this.chunks.indexOf(chunk), 1);
  }
}

/** In the middle of the gap; a step beyond the end, or half of what is left there. */
function wantedRank(low: number | undefined, high: number | undefined): number {
  if (low === undefined && high === undefined) return 0;
  if (low === undefined) return Math.max((high as number) - rankStep, middle(rankMin - 1, high as number));
  if (high === undefined) return Math.min(low + rankStep, middle(low, rankMax + 1));
  return middle(low, high);
}

function middle(low: number, high: number): number {
  return Math.floor(low / 2 + high / 2);
}

/** A place that is held comes after all of its rank: its task is new. */
function isBefore(entry: Entry, n: number, rank: number): boolean {
  return entry.rank < rank || (entry.rank === rank && entry.n !== 0 && entry.n < n);
}

/** The first index for which it holds, as it does for all that follow; `count` if for none. */
function firstIndex(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const at = (low + high) >>> 1;
    if (holds(at)) high = at;
    else low = at + 1;
  }
  return low;
}
