/**
 * Tasks with equal service and requirements are one shape: where the first of them does not fit, none does.
 *
 * Matching makes them. A decision looks at shapes, and at few of them: those that need the same software and kinds of
 * resources are in one table, in the order of the cores and memory that they need, in chunks that know their lowest rank
 * and memory. So what does not fit is passed over by the chunk. Invariant: a shape in a table has tasks, and `rank` is
 * that of the first one.
 */
import type { Requirements } from '../requirements.ts';
import type { HeapPlaces } from './indexed-heap.ts';
import { ShapeTasks } from './shape-tasks.ts';

const shapesPerChunkMax = 32;

export class Shape implements HeapPlaces {
  readonly heapPlaces = [-1, -1];
  readonly key: string;
  readonly service: string;
  readonly needs: Requirements;
  /** What it needs that is no number: the same for all shapes of one table. */
  readonly kind: string;
  readonly tasks = new ShapeTasks();
  /** Of its first task. */
  rank = Number.POSITIVE_INFINITY;
  /** Where it is while it has queued tasks. */
  table: ShapeTable | undefined;
  chunk: Chunk | undefined;
  /** Tasks of it that have not ended. */
  members = 0;
  /** How often a worker that could run its first task took one that came later. */
  passed = 0;

  constructor(key: string, service: string, needs: Requirements) {
    this.key = key;
    this.service = service;
    this.needs = needs;
    this.kind = kindOf(needs);
  }
}

function kindOf({ software, resources }: Requirements): string {
  if (software.length === 0 && resources.length === 0) return '';
  return JSON.stringify([software, resources.map(([kind]) => kind)]);
}

/** The same for tasks of one shape, and for no others. */
export function shapeKey(service: string, needs: Requirements): string {
  return `${service} ${needs.cores} ${needs.memory} ${othersKey(needs)}`;
}

/** Of what is needed beside cores and memory. Names and words have no blank, comma or colon in them. */
export function othersKey({ software, resources, node, not }: Requirements): string {
  const words = joined(software);
  if (resources.length === 0 && node === '' && not.length === 0) return words;
  return `${words} ${resources.map(([kind, count]) => `${kind}:${count}`).join()} ${node} ${joined(not)}`;
}

/** Most lists have one word or none, and a join costs more than all else. */
function joined(words: readonly string[]): string {
  return words.length > 1 ? words.join() : (words[0] ?? '');
}

/** What a search may still cost: the number of a shape or chunk that is looked at is one, and a shape itself some. */
export interface Looks {
  left: number;
}

const looksPerShape = 8;

/** How a worker takes a task: it begins at once, or waits in the worker's own queue. */
export type Way = 'at-once' | 'in-queue';

/** Who looks for a shape that it may take, beside the cores and memory and what its table says. */
export interface Taker {
  suits(shape: Shape, way: Way): boolean;
}

/** A limit of what there is room for. */
export interface CoresAndMemory {
  readonly cores: number;
  readonly memory: number;
}

/**
 * What a search compares is in lists of numbers, of the shapes of a chunk and of the chunks of a table: following each one
 * to its fields costs several times as much.
 */
interface Chunk {
  readonly shapes: Shape[];
  readonly ranks: number[];
  readonly cores: number[];
  readonly memories: number[];
}

/** Shapes of one service that need the same software and kinds of resources. */
export class ShapeTable {
  readonly software: readonly string[];
  readonly kinds: readonly string[];
  private readonly chunks: Chunk[] = [];
  /** The lowest ones of each chunk. */
  private readonly ranks: number[] = [];
  private readonly cores: number[] = [];
  private readonly memories: number[] = [];

  constructor({ software, resources }: Requirements) {
    this.software = software;
    this.kinds = resources.map(([kind]) => kind);
  }

  get isEmpty(): boolean {
    return this.chunks.length === 0;
  }

  /** Adds the shape, or takes note of its rank. */
  put(shape: Shape): void {
    shape.rank = shape.tasks.first?.place.rank ?? Number.POSITIVE_INFINITY;
    const { chunk } = shape;
    if (chunk === undefined) {
      this.insert(shape);
      return;
    }
    chunk.ranks[chunk.shapes.indexOf(shape)] = shape.rank;
    const at = this.chunks[0] === chunk ? 0 : this.chunks.indexOf(chunk);
    this.ranks[at] = least(chunk.ranks);
  }

  delete(shape: Shape): void {
    const { chunk } = shape;
    if (chunk === undefined) return;
    shape.chunk = undefined;
    shape.table = undefined;
    const index = chunk.shapes.indexOf(shape);
    for (const list of [chunk.shapes, chunk.ranks, chunk.cores, chunk.memories]) list.splice(index, 1);
    const at = this.chunks.indexOf(chunk);
    if (chunk.shapes.length > 0) this.measure(at, chunk);
    else for (const list of [this.chunks, this.ranks, this.cores, this.memories]) list.splice(at, 1);
  }

  /** The shape of the lowest rank below `below` that has room and suits. */
  lowest(taker: Taker, way: Way, room: CoresAndMemory, below: number, looks: Looks): Shape | undefined {
    const { ranks, cores, memories } = this;
    const most = room.cores;
    const memory = room.memory;
    let found: Shape | undefined;
    let limit = below;
    let at = 0;
    for (; at < ranks.length && (cores[at] as number) <= most; at++) {
      if ((ranks[at] as number) >= limit || (memories[at] as number) > memory) continue;
      const chunk = this.chunks[at] as Chunk;
      looks.left -= chunk.ranks.length;
      for (let index = 0; index < chunk.ranks.length; index++) {
        if ((chunk.ranks[index] as number) >= limit || (chunk.memories[index] as number) > memory) continue;
        if ((chunk.cores[index] as number) > most) break;
        looks.left -= looksPerShape;
        const shape = chunk.shapes[index] as Shape;
        if (taker.suits(shape, way)) [found, limit] = [shape, shape.rank];
      }
    }
    looks.left -= at + 1;
    return found;
  }

  /** Those with room whose rank is below `below`. */
  each(room: CoresAndMemory, looks: Looks, visit: (shape: Shape) => void, below: number): void {
    const { ranks, cores, memories } = this;
    const most = room.cores;
    const memory = room.memory;
    let at = 0;
    for (; at < ranks.length && (cores[at] as number) <= most; at++) {
      if ((ranks[at] as number) >= below || (memories[at] as number) > memory) continue;
      const chunk = this.chunks[at] as Chunk;
      looks.left -= chunk.ranks.length;
      for (let index = 0; index < chunk.ranks.length; index++) {
        if ((chunk.ranks[index] as number) >= below || (chunk.memories[index] as number) > memory) continue;
        if ((chunk.cores[index] as number) > most) break;
        looks.left -= looksPerShape;
        visit(chunk.shapes[index] as Shape);
      }
    }
    looks.left -= at + 1;
  }

  private insert(shape: Shape): void {
    const { cores, memory } = shape.needs;
    const at = this.chunkFor(shape);
    if (this.chunks.length === 0) this.chunks.push({ shapes: [], ranks: [], cores: [], memories: [] });
    const chunk = this.chunks[at] as Chunk;
    const found = chunk.shapes.findIndex((other) => isSmaller(shape, other));
    const index = found < 0 ? chunk.shapes.length : found;
    chunk.shapes.splice(index, 0, shape);
    chunk.ranks.splice(index, 0, shape.rank);
    chunk.cores.splice(index, 0, cores);
    chunk.memories.splice(index, 0, memory);
    shape.chunk = chunk;
    shape.table = this;
    if (chunk.shapes.length > shapesPerChunkMax) this.split(at, chunk);
    this.measure(at, chunk);
  }

  private split(at: number, { shapes, ranks, cores, memories }: Chunk): void {
    const half = shapes.length >>> 1;
    const behind: Chunk = {
      ...{ shapes: shapes.splice(half), ranks: ranks.splice(half) },
      ...{ cores: cores.splice(half), memories: memories.splice(half) },
    };
    for (const shape of behind.shapes) shape.chunk = behind;
    this.chunks.splice(at + 1, 0, behind);
    for (const list of [this.ranks, this.cores, this.memories]) list.splice(at + 1, 0, 0);
    this.measure(at + 1, behind);
  }

  private measure(at: number, chunk: Chunk): void {
    this.ranks[at] = least(chunk.ranks);
    this.cores[at] = chunk.cores[0] as number;
    this.memories[at] = least(chunk.memories);
  }

  /** The last chunk that begins with a smaller shape, else the first one. */
  private chunkFor(shape: Shape): number {
    let [low, high] = [0, this.chunks.length];
    while (low < high) {
      const at = (low + high) >>> 1;
      if (isSmaller(this.chunks[at]?.shapes[0] as Shape, shape)) low = at + 1;
      else high = at;
    }
    return Math.max(0, low - 1);
  }
}

function isSmaller({ needs: a }: Shape, { needs: b }: Shape): boolean {
  return a.cores < b.cores || (a.cores === b.cores && a.memory < b.memory);
}

function least(numbers: readonly number[]): number {
  let found = Number.POSITIVE_INFINITY;
  for (const number of numbers) if (number < found) found = number;
  return found;
}
