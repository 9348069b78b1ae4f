/**
 * What a worker has, and what of it its tasks use: cores, memory, software, units of resources.
 *
 * Used by both sides: by the worker's for what it runs and has promised to run, by the broker's for what it believes to be
 * in a worker's hand. Invariant: room that was taken is given back once; room that is overdrawn counts as none; what does
 * not fit is said in words, with figures, and in the same ones by both.
 */
import type { Capacity, Requirements } from './requirements.ts';

type Needs = Pick<Requirements, 'cores' | 'memory' | 'resources'>;

const nothing: Capacity = { cores: 0, memory: 0, software: [], resources: [] };
const byteUnits = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export class Room {
  private all = nothing;
  private readonly software = new Set<string>();
  private readonly units = new Map<string, number>();
  private readonly usedUnits = new Map<string, number>();
  private usedCores = 0;
  private usedMemory = 0;

  get capacity(): Capacity {
    return this.all;
  }

  get freeCores(): number {
    return Math.max(0, this.all.cores - this.usedCores);
  }

  get freeMemory(): number {
    return Math.max(0, this.all.memory - this.usedMemory);
  }

  /** What is in use stays so, also where it is more than this. */
  resize(capacity: Capacity): void {
    this.all = capacity;
    this.software.clear();
    for (const word of capacity.software) this.software.add(word);
    this.units.clear();
    for (const [kind, count] of capacity.resources) this.units.set(kind, count);
  }

  take(needs: Needs): void {
    this.use(needs, 1);
  }

  giveBack(needs: Needs): void {
    this.use(needs, -1);
  }

  /** Nothing is in use. */
  clear(): void {
    this.usedCores = 0;
    this.usedMemory = 0;
    this.usedUnits.clear();
  }

  hasSoftware(word: string): boolean {
    return this.software.has(word);
  }

  hasKind(kind: string): boolean {
    return this.units.has(kind);
  }

  /** With nothing in use. */
  unitsOf(kind: string): number {
    return this.units.get(kind) ?? 0;
  }

  freeUnitsOf(kind: string): number {
    return Math.max(0, this.unitsOf(kind) - (this.usedUnits.get(kind) ?? 0));
  }

  lacksSoftware({ software }: Pick<Requirements, 'software'>): string | undefined {
    return software.find((word) => !this.software.has(word));
  }

  /** What is in use is too much for it. */
  isShort({ cores, memory, resources }: Needs): boolean {
    if (cores > this.freeCores || memory > this.freeMemory) return true;
    return resources.some(([kind, count]) => count > this.freeUnitsOf(kind));
  }

  /** Why a task with these needs could not run here with nothing in use. Undefined: it could. */
  whyTooSmall(needs: Requirements): string | undefined {
    const software = this.lacksSoftware(needs);
    if (software !== undefined) return `lacks software "${software}"`;
    const { cores, memory } = this.all;
    if (needs.cores > cores) return `has ${coresText(cores)}, ${needs.cores} are needed`;
    if (needs.memory > memory)
      return `has ${bytesText(memory)} of memory, ${bytesText(needs.memory)} are needed`;
    for (const [kind, count] of needs.resources) {
      const all = this.unitsOf(kind);
      if (count > all) return all === 0 ? `has no "${kind}"` : `has ${all} "${kind}", ${count} are needed`;
    }
    return undefined;
  }

  /** Why a task with these needs cannot run here now, though it could. Undefined: it can. */
  whyShort(needs: Needs): string | undefined {
    const { freeCores, freeMemory, all } = this;
    if (needs.cores > freeCores) return `has ${freeCores} of ${coresText(all.cores)} free`;
    if (needs.memory > freeMemory)
      return `has ${bytesText(freeMemory)} of ${bytesText(all.memory)} of memory free`;
    for (const [kind, count] of needs.resources) {
      const free = this.freeUnitsOf(kind);
      if (count > free) return `has ${free} of ${this.unitsOf(kind)} "${kind}" free`;
    }
    return undefined;
  }

  private use({ cores, memory, resources }: Needs, sign: 1 | -1): void {
    this.usedCores += sign * cores;
    this.usedMemory += sign * memory;
    for (const [kind, count] of resources) {
      const used = (this.usedUnits.get(kind) ?? 0) + sign * count;
      if (used === 0) this.usedUnits.delete(kind);
      else this.usedUnits.set(kind, used);
    }
  }
}

/** Why a task with these needs may not run at this worker, whatever it has. Undefined: it may. */
export function whyElsewhere(
  { node, not }: Pick<Requirements, 'node' | 'not'>,
  name: string,
): string | undefined {
  if (node !== '' && node !== name) return `is not "${node}"`;
  return not.includes(name) ? 'is excluded by the task' : undefined;
}

function coresText(count: number): string {
  return `${count} core${count === 1 ? '' : 's'}`;
}

/** In the unit of which it has at least one; one digit behind the point unless it is whole. */
export function bytesText(count: number): string {
  let [size, unit] = [count, 0];
  while (size >= 1024 && unit < byteUnits.length - 1) [size, unit] = [size / 1024, unit + 1];
  // Rounded down: what is free is never said to be more.
  return `${Math.floor(size * 10) / 10} ${byteUnits[unit]}`;
}
