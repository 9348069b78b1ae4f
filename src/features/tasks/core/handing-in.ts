/**
 * Ends of attempts on their way into the store: each is said to every broker of its store until one has settled it.
 *
 * Used by the workbench. What cannot be handed in for a while is put on the worker's disk, so that a result outlives the
 * worker. Invariant: an end is forgotten, and taken from the disk, only once a broker has said what became of it.
 */
import { keyOf } from './attempt-key.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import type { HandedIn } from './messages.ts';
import type { KeptResult, TaskId } from './tasks-types.ts';
import { encodeFromMember } from './wire.ts';

export interface HandingInPorts {
  keep(kept: KeptResult): void;
  drop(place: AttemptPlace): void;
}

interface Handed {
  readonly place: AttemptPlace;
  readonly id: TaskId;
  readonly item: HandedIn;
  readonly keepAt: number;
  isOnDisk: boolean;
}

const never = Number.POSITIVE_INFINITY;
/** Of everything but the result, or the reason. */
const itemBytes = 32;

export class HandingIn {
  private readonly ports: HandingInPorts;
  /** The oldest first. */
  private readonly all = new Map<string, Handed>();
  private readonly unsent = new Set<Handed>();
  /** Not on the disk yet, the oldest first. */
  private readonly toKeep = new Set<Handed>();

  constructor(ports: HandingInPorts) {
    this.ports = ports;
  }

  add(place: AttemptPlace, id: TaskId, item: HandedIn, now: number): void {
    const keepAt = now + taskLimits.taskResultOnDiskMs;
    const handed = { place, id, item, keepAt, isOnDisk: false };
    this.all.set(keyOf(place), handed);
    this.unsent.add(handed);
    // What has not run is not worth it: its claim tells the broker enough.
    if (item.outcome === 'done' || item.outcome === 'failed') this.toKeep.add(handed);
  }

  /** An earlier incarnation has left these on the disk. */
  loaded(kept: readonly KeptResult[]): void {
    for (const { store, n, id, fence, ending } of kept) {
      const place = { store, n, fence };
      if (this.all.has(keyOf(place))) continue;
      const { outcome, result, reason, isFinal } = ending;
      // Only a broker says that; no worker keeps it.
      if (outcome === 'died') continue;
      const item = { n, fence, outcome, result, reason, isFinal };
      const handed = { place, id, item, keepAt: 0, isOnDisk: true };
      this.all.set(keyOf(place), handed);
      this.unsent.add(handed);
    }
  }

  has(place: AttemptPlace): boolean {
    return this.all.has(keyOf(place));
  }

  /** Of this store. */
  of(store: number): readonly AttemptPlace[] {
    return [...this.all.values()].map(({ place }) => place).filter((place) => place.store === store);
  }

  isEmpty(store: number): boolean {
    for (const { place } of this.all.values()) if (place.store === store) return false;
    return true;
  }

  /** @returns false: it is not known, or was settled before. */
  settled(place: AttemptPlace): boolean {
    const handed = this.all.get(keyOf(place));
    if (handed === undefined) return false;
    this.all.delete(keyOf(place));
    this.unsent.delete(handed);
    this.toKeep.delete(handed);
    if (handed.isOnDisk) this.ports.drop(place);
    return true;
  }

  brokerChanged(): void {
    for (const handed of this.all.values()) this.unsent.add(handed);
  }

  /** @param store Of the broker: ends in other stores wait. @param send False: there is none. */
  flush(store: number, send: (message: Uint8Array) => boolean): void {
    const ready = [...this.unsent].filter(({ place }) => place.store === store);
    while (ready.length > 0) {
      const some = ready.splice(0, nextLength(ready));
      const message = encodeFromMember({ type: 'ended', store, items: some.map(({ item }) => item) });
      if (!send(message)) return;
      for (const handed of some) this.unsent.delete(handed);
    }
  }

  nextDeadline(): number {
    for (const { keepAt } of this.toKeep) return keepAt;
    return never;
  }

  deadline(now: number): void {
    for (const handed of this.toKeep) {
      if (handed.keepAt > now) return;
      this.toKeep.delete(handed);
      handed.isOnDisk = true;
      const { place, id, item } = handed;
      this.ports.keep({ ...place, id, ending: { ...item, retryAt: 0, rank: 0 } });
    }
  }
}

function nextLength(ready: readonly Handed[]): number {
  const { tasksPerClaimMax, taskClaimBytesMax } = taskLimits;
  let bytes = 0;
  for (const [length, { item }] of ready.entries()) {
    bytes += item.result.body.length + item.reason.length + itemBytes;
    if (length > 0 && (length >= tasksPerClaimMax || bytes > taskClaimBytesMax)) return length;
  }
  return ready.length;
}
