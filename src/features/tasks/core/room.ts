/**
 * What a worker has, and what of it its tasks use: cores, memory, units of resources.
 *
 * Used by the worker's side, which takes room for what it runs and for what it has promised to run. Invariant: room that
 * was taken is given back once; what does not fit is said in words, with figures.
 */
import type { Capacity, Requirements } from './requirements.ts';

type Needs = Pick<Requirements, 'cores' | 'memory' | 'software' | 'resources'>;

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;

export class Room {
  private capacity: Capacity;
  private cores = 0;
  private memory = 0;
  private readonly units = new Map<string, number>();

  constructor(capacity: Capacity) {
    this.capacity = capacity;
  }

  get all(): Capacity {
    return this.capacity;
  }

  /** What is in use stays so, also where it is more than this. */
  resize(capacity: Capacity): void {
    this.capacity = capacity;
  }

  take(needs: Needs): void {
    this.use(needs, 1);
  }

  giveBack(needs: Needs): void {
    this.use(needs, -1);
  }

  /** Why a task with these needs could not run here, however little runs. Undefined: it could. */
  whyNever(needs: Requirements, name: string): string | undefined {
    if (needs.node !== '' && needs.node !== name)
      return `is not the node "${needs.node}" that the task asks for`;
    if (needs.not.includes(name)) return 'is a node that the task excludes';
    const { software } = this.capacity;
    const missing = needs.software.find((word) => !software.includes(word));
    if (missing !== undefined) return `lacks software "${missing}"`;
    const { cores, memory } = this.capacity;
    if (needs.cores > cores) return `has ${cores} cores, and the task needs ${needs.cores}`;
    if (needs.memory > memory)
      return `has ${bytesText(memory)} of memory, and the task needs ${bytesText(needs.memory)}`;
    for (const [kind, count] of needs.resources)
      if (count > this.total(kind)) return `has ${this.total(kind)} "${kind}", and the task needs ${count}`;
    return undefined;
  }

  /** Why a task with these needs cannot run here now, though it could. Undefined: it can. */
  whyNotNow(needs: Needs): string | undefined {
    const { cores, memory } = this.capacity;
    const [freeCores, freeMemory] = [Math.max(0, cores - this.cores), Math.max(0, memory - this.memory)];
    if (needs.cores > freeCores)
      return `has ${freeCores} of ${cores} cores free, and the task needs ${needs.cores}`;
    if (needs.memory > freeMemory)
      return `has ${bytesText(freeMemory)} of ${bytesText(memory)} of memory free, and the task needs ${bytesText(needs.memory)}`;
    for (const [kind, count] of needs.resources) {
      const free = Math.max(0, this.total(kind) - (this.units.get(kind) ?? 0));
      if (count > free)
        return `has ${free} of ${this.total(kind)} "${kind}" free, and the task needs ${count}`;
    }
    return undefined;
  }

  private use({ cores, memory, resources }: Needs, sign: 1 | -1): void {
    this.cores += sign * cores;
    this.memory += sign * memory;
    for (const [kind, count] of resources) this.units.set(kind, (this.units.get(kind) ?? 0) + sign * count);
    for (const [kind] of resources) if (this.units.get(kind) === 0) this.units.delete(kind);
  }

  private total(kind: string): number {
    return this.capacity.resources.find(([known]) => known === kind)?.[1] ?? 0;
  }
}

function bytesText(bytes: number): string {
  if (bytes >= gibibyte) return `${rounded(bytes / gibibyte)} GiB`;
  if (bytes >= mebibyte) return `${rounded(bytes / mebibyte)} MiB`;
  return `${bytes} bytes`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
