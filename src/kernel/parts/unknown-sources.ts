/**
 * Frames of nodes that are not known here yet: their record is on its way, and may come a moment after them.
 *
 * Who uses it: features that tell the program who has sent something. Without it what a node sends in its first
 * moments to others two hops away would be lost, or late by a repeat. Invariant: so many bytes are held at most,
 * each for a moment, and in the order in which they came.
 */
import type { NodeId } from '../identity.ts';
import { limits } from '../limits.ts';
import { Frame } from '../wire/frame.ts';

interface Held {
  readonly source: NodeId;
  readonly bytes: Uint8Array;
  readonly since: number;
}

export class UnknownSources {
  private held: Held[] = [];
  private heldBytes = 0;

  /** False when there is no room: the frame is dropped. */
  hold(frame: Frame, now: number): boolean {
    if (this.heldBytes + frame.length > limits.unknownSourceBytesMax) return false;
    this.held.push({ source: frame.source, bytes: frame.bytes.slice(frame.start, frame.end), since: now });
    this.heldBytes += frame.length;
    return true;
  }

  /** Something of it is held: what comes now must not overtake that. */
  has(source: NodeId): boolean {
    return this.held.length > 0 && this.held.some((one) => one.source === source);
  }

  /** The node is known now: its frames, the first first. The cursor moves on with each. */
  *of(source: NodeId): Iterable<Frame> {
    if (this.held.length === 0) return;
    const its = this.held.filter((one) => one.source === source);
    this.keep((one) => one.source !== source);
    const frame = new Frame();
    for (const { bytes } of its) if (frame.read(bytes, 0, bytes.length)) yield frame;
  }

  /** Called once a second. @returns how many frames were dropped. */
  forgetOld(now: number): number {
    const before = this.held.length;
    if (before > 0) this.keep(({ since }) => now - since < limits.unknownSourceMs);
    return before - this.held.length;
  }

  private keep(stays: (one: Held) => boolean): void {
    this.held = this.held.filter(stays);
    this.heldBytes = this.held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}
