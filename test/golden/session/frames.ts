/** The frames in recorded bytes. Who calls it: the recorder, and the comparison of what was said. */
import { Frame, preface } from '../../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../../src/kernel/wire/splitter.ts';

export interface SaidFrame {
  readonly feature: number;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Whole frames, in order; a preface at the beginning is passed over, and what is no frame of ours ends the list. */
export function framesOf(stream: Uint8Array): SaidFrame[] {
  const frames: SaidFrame[] = [];
  const frame = new Frame();
  const hasPreface = preface.every((byte, i) => stream[i] === byte);
  new FrameSplitter({
    frame(bytes, start, end) {
      if (!frame.read(bytes, start, end)) return false;
      frames.push({ feature: frame.feature, type: frame.type, bytes: bytes.slice(start, end) });
      return true;
    },
  }).push(stream.slice(hasPreface ? preface.length : 0));
  return frames;
}
