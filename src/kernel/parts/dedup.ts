/**
 * Remembers which messages of each source were taken, exactly as long as they may come again.
 *
 * Who calls it: messaging. Each message carries its source's *floor*: the oldest sequence that is still
 * unresolved there. Invariant: a sequence at or above the floor is fresh once; below it nothing is fresh
 * any more, so memory is bounded by what a source may have unresolved. (A bitmap over a window of the
 * last 65,536 sequences would be 64 ms of memory at a million messages a second.)
 */
import type { NodeId } from '../identity.ts';
import { limits } from '../limits.ts';

/** `seen`: taken before, acknowledge it again. `stale`: its source no longer waits for it. */
export type Freshness = 'fresh' | 'seen' | 'stale';

interface SourceMemory {
  /** Tells lives of one source apart. */
  readonly life: number;
  floor: number;
  readonly seen: Set<number>;
  usedAt: number;
}

/** So often within its time of grace it is looked whether a source has become idle. */
const forgetRounds = 10;

export class Dedup {
  /** Newest life last; an older one is kept while its messages may still be on their way. */
  private readonly sources = new Map<NodeId, SourceMemory[]>();
  private forgetAt = Number.NEGATIVE_INFINITY;

  check(source: NodeId, life: number, sequence: number, floor: number, now: number): Freshness {
    const memory = this.memoryOf(source, life, now);
    if (floor > memory.floor) raiseFloor(memory, floor);
    if (sequence < memory.floor) return 'stale';
    // No honest source has that many unresolved: one that never raises its floor gets no more memory.
    if (memory.seen.size > 2 * limits.unresolvedMax) return 'stale';
    return memory.seen.has(sequence) ? 'seen' : 'fresh';
  }

  /** After `check` said fresh and the message was really taken. */
  mark(source: NodeId, life: number, sequence: number, now: number): void {
    this.memoryOf(source, life, now).seen.add(sequence);
  }

  has(source: NodeId, life: number, sequence: number, now: number): boolean {
    return this.memoryOf(source, life, now).seen.has(sequence);
  }

  /** Called often, looks at all of them seldom: idle ones are remembered for at least `dedupIdleMs`. */
  forgetIdle(now: number): void {
    if (now < this.forgetAt) return;
    this.forgetAt = now + limits.dedupIdleMs / forgetRounds;
    for (const [source, lives] of this.sources) {
      const kept = lives.filter((memory) => now - memory.usedAt < limits.dedupIdleMs);
      if (kept.length === 0) this.sources.delete(source);
      else if (kept.length < lives.length) this.sources.set(source, kept);
    }
  }

  get size(): number {
    return this.sources.size;
  }

  private memoryOf(source: NodeId, life: number, now: number): SourceMemory {
    let lives = this.sources.get(source);
    if (lives === undefined) {
      this.makeRoom();
      lives = [];
      this.sources.set(source, lives);
    }
    let memory = lives.find((entry) => entry.life === life);
    if (memory === undefined) {
      memory = { life, floor: 0, seen: new Set(), usedAt: now };
      lives.push(memory);
      if (lives.length > livesPerSourceMax) lives.shift();
    }
    if (now - memory.usedAt > freshnessMs) {
      // Kept in the order of use, roughly: whoever is first when room is needed has been idle longest.
      this.sources.delete(source);
      this.sources.set(source, lives);
    }
    memory.usedAt = now;
    return memory;
  }

  /** The longest idle gives way. */
  private makeRoom(): void {
    if (this.sources.size < limits.dedupSourcesMax) return;
    const oldest = this.sources.keys().next();
    if (!oldest.done) this.sources.delete(oldest.value);
  }
}

/** How exact the order of use is. */
const freshnessMs = 1000;
const livesPerSourceMax = 4;

function raiseFloor(memory: SourceMemory, floor: number): void {
  // Whichever is shorter: the gap (usual, one or two) or what is remembered.
  if (floor - memory.floor <= memory.seen.size) {
    for (let sequence = memory.floor; sequence < floor; sequence++) memory.seen.delete(sequence);
  } else {
    for (const sequence of memory.seen) if (sequence < floor) memory.seen.delete(sequence);
  }
  memory.floor = floor;
}
