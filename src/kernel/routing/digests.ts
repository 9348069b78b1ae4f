/**
 * Digests of the reachable records, kept up to date record by record.
 *
 * Who calls it: the records. 64 buckets by id, each the XOR of its records' hashes, so that a change
 * costs two XORs and two neighbors that differ exchange one bucket's summaries, not the whole mesh.
 * The hash mixes 32-bit words (murmur3's finalizer); it finds differences, it proves nothing.
 */
import type { NodeId } from '../identity.ts';
import type { Announcement } from './announcement.ts';

export const bucketCount = 64;

export function bucketOf(id: NodeId): number {
  return id % bucketCount;
}

export class Digests {
  /** Two words per bucket. */
  readonly words = new Uint32Array(bucketCount * 2);

  /** Adds a record that is not in, takes out one that is. */
  toggle(record: DigestedVersion, check: number): void {
    const [a, b] = hashOf(record, check);
    const at = bucketOf(record.id) * 2;
    this.words[at] = ((this.words[at] as number) ^ a) >>> 0;
    this.words[at + 1] = ((this.words[at + 1] as number) ^ b) >>> 0;
  }

  /** One number pair for all buckets. */
  root(): readonly [number, number] {
    let a = 0;
    let b = 0;
    for (let i = 0; i < this.words.length; i += 2) {
      a = mix(a ^ (this.words[i] as number), i);
      b = mix(b ^ (this.words[i + 1] as number), i + 1);
    }
    return [a, b];
  }

  /** The buckets in which another node's words differ from these. */
  differing(words: Uint32Array): number[] {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const at = bucket * 2;
      if (this.words[at] !== words[at] || this.words[at + 1] !== words[at + 1]) buckets.push(bucket);
    }
    return buckets;
  }
}

type DigestedVersion = Pick<Announcement, 'id' | 'epoch' | 'sequence' | 'instance'>;

/** 32 bits of a record's bytes. */
export function checkOf(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return mix(hash, 0);
}

function hashOf(record: DigestedVersion, check: number): [number, number] {
  const words = [
    record.id % 0x100000000,
    Math.floor(record.id / 0x100000000),
    record.epoch,
    record.sequence,
    Number.parseInt(record.instance.slice(0, 8), 16),
    Number.parseInt(record.instance.slice(8), 16),
    check,
  ];
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (const word of words) {
    a = mix(a ^ word, 0x2545f491);
    b = mix(b ^ word, 0x27d4eb2f);
  }
  return [a, b];
}

function mix(value: number, salt: number): number {
  let h = (value + salt) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
