/**
 * The disk of a simulated machine: what is durable there, and how it behaves.
 *
 * Held by the host, so that it outlives the programs that run there; a machine that comes back from `vanish` has a new
 * one. Faults make it slow or full, or make commits fail. Invariant: its content changes only by whole operations, in their order.
 */
import type { StoreContent } from '../../../stores/parts.ts';
import type { SeededRandom } from '../random.ts';

/** A flash drive with power-loss protection, and a rotating one. */
const syncMinMs = 0.3;
const syncMaxMs = 12;

export class Disk {
  readonly content: StoreContent = new Map();
  /** How often it has become full. */
  timesFull = 0;
  private full = false;
  /** Each sync takes this many times as long. */
  slowness = 1;
  /** Of 1: this share of commits fails, and whether they are durable is unknown. */
  failShare = 0;
  /** What needs room fails; a claim, what frees room, what only reads, or fails by itself, is carried out. */
  get isFull(): boolean {
    return this.full;
  }

  set isFull(isFull: boolean) {
    if (isFull && !this.full) this.timesFull++;
    this.full = isFull;
  }

  /** Short ones come most often. */
  syncMs(random: SeededRandom): number {
    return (syncMinMs + (syncMaxMs - syncMinMs) * random.next() ** 2) * this.slowness;
  }
}
