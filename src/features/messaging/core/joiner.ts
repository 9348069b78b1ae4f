/**
 * Puts large bodies together from their parts.
 *
 * Who calls it: the messaging behavior. Invariant: what is held for unfinished bodies never exceeds
 * `joiningBytesMax`, and a body whose parts stop coming is dropped after `joiningIdleMs`.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { messagingLimits } from './limits.ts';
import type { Part } from './wire.ts';

interface Joining {
  readonly part: Part;
  readonly body: Uint8Array;
  readonly got: Uint8Array;
  missing: number;
  touchedAt: number;
}

export type Joined =
  | { readonly state: 'held' }
  | { readonly state: 'complete'; readonly body: Uint8Array }
  /** No room, or the parts contradict each other. */
  | { readonly state: 'refused' };

const held: Joined = { state: 'held' };
const refused: Joined = { state: 'refused' };

export class Joiner {
  private readonly joining = new Map<string, Joining>();
  private heldBytes = 0;

  add(source: NodeId, life: number, part: Part, bytes: Uint8Array, now: number): Joined {
    const key = keyOf(source, life, part.whole);
    const expected = Math.min(
      messagingLimits.partBytes,
      part.totalBytes - part.index * messagingLimits.partBytes,
    );
    if (bytes.length !== expected) return refused;
    const joining = this.joining.get(key) ?? this.start(key, part, now);
    if (joining === undefined || joining.part.totalBytes !== part.totalBytes) return refused;
    joining.touchedAt = now;
    if (joining.got[part.index] === 1) return held;
    joining.got[part.index] = 1;
    joining.body.set(bytes, part.index * messagingLimits.partBytes);
    joining.missing--;
    return joining.missing > 0 ? held : { state: 'complete', body: joining.body };
  }

  /** The body was taken (or its source told no): let go of it. */
  release(source: NodeId, life: number, whole: number): void {
    this.drop(keyOf(source, life, whole));
  }

  forgetIdle(now: number): void {
    for (const [key, joining] of [...this.joining]) {
      if (now - joining.touchedAt > messagingLimits.joiningIdleMs) this.drop(key);
    }
  }

  get bytes(): number {
    return this.heldBytes;
  }

  private start(key: string, part: Part, now: number): Joining | undefined {
    if (this.heldBytes + part.totalBytes > messagingLimits.joiningBytesMax) return undefined;
    const joining: Joining = {
      part,
      body: new Uint8Array(part.totalBytes),
      got: new Uint8Array(part.count),
      missing: part.count,
      touchedAt: now,
    };
    this.heldBytes += part.totalBytes;
    this.joining.set(key, joining);
    return joining;
  }

  private drop(key: string): void {
    const joining = this.joining.get(key);
    if (joining === undefined) return;
    this.heldBytes -= joining.part.totalBytes;
    this.joining.delete(key);
  }
}

function keyOf(source: NodeId, life: number, whole: number): string {
  return `${source}.${life}.${whole}`;
}
