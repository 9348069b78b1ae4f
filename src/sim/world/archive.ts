/**
 * All records that programs of a world have ever signed, each as its node made it.
 *
 * Who calls it: the platforms add, the checker of hearsay and liars who replay read. Invariant: what a liar
 * signs is not in it: only what a node has announced of itself.
 */
import type { Instance } from '../../kernel/identity.ts';
import { type Announcement, decodeAnnouncement } from '../../kernel/routing/announcement.ts';
import { Writer } from '../../kernel/wire/bytes.ts';

interface Signed {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

export class Archive {
  private readonly all: Signed[] = [];
  private readonly byInstance = new Map<Instance, Announcement[]>();
  private readonly newest = new Map<Instance, number>();
  /** So many of all have been sorted by instance: that takes time, and most worlds never ask. */
  private sorted = 0;

  add(signed: Uint8Array, signature: Uint8Array): void {
    this.all.push({ signed, signature });
  }

  get size(): number {
    return this.all.length;
  }

  /** The record's bytes, as they were sent first. @param index From 0, in the order of making. */
  record(index: number): Uint8Array {
    const { signed, signature } = this.all[index] as Signed;
    return new Writer(signed.length + signature.length + 2).raw(signed).bytes(signature).finish();
  }

  /** The last that this life has announced, as bytes. */
  newestOf(instance: Instance): Uint8Array | undefined {
    this.announcedBy(instance);
    const index = this.newest.get(instance);
    return index === undefined ? undefined : this.record(index);
  }

  /** What this life has announced of itself, in the order of making. */
  announcedBy(instance: Instance): readonly Announcement[] {
    for (; this.sorted < this.all.length; this.sorted++) this.sort(this.sorted);
    return this.byInstance.get(instance) ?? [];
  }

  private sort(index: number): void {
    const record = decodeAnnouncement(this.record(index));
    if (record === undefined) throw new Error('a program signed what is no record');
    this.newest.set(record.instance, index);
    const known = this.byInstance.get(record.instance);
    if (known === undefined) this.byInstance.set(record.instance, [record]);
    else known.push(record);
  }
}
