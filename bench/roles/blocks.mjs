// A stream of bytes as the numbered bodies that were written to it, for systems that keep no borders. Nothing is
// put together: of each body only the bytes that are verified are looked at, where they lie.
import { makeBody, mark } from '../check.mjs';
import { arrivals } from './arrivals.mjs';

/** Takes chunks as they come; reports as `arrivals` does. */
export function arrivingBlocks(work, tell) {
  const { bytes } = work;
  const arrived = arrivals(work, tell);
  const block = { length: bytes };
  const looked = [0, 1, 2, 3, bytes - 1];
  let at = 0;
  return (chunk) => {
    for (let from = 0; from < chunk.length; ) {
      const count = Math.min(chunk.length - from, bytes - at);
      for (const place of looked)
        if (place >= at && place < at + count) block[place] = chunk[from + place - at];
      at += count;
      from += count;
      if (at < bytes) continue;
      at = 0;
      arrived(block);
    }
  };
}

/** Writes them all, each once the stream is done with the one before: so one body serves for all, and nothing is left to collect. */
export async function writeBlocks(stream, { bytes, count }) {
  const body = makeBody(bytes);
  for (let number = 0; number < count; number++) {
    mark(body, number);
    await new Promise((resolve) => stream.write(body, resolve));
  }
}
