/**
 * Takes memory for large frames again where other such memory was freed, and prints how many pieces still hold what
 * was there before, and how many are larger than asked for: by the driver's `allocate` and by a plain array.
 *
 * Run by canaries.test.ts with --expose-gc.
 */
import { Driver } from '../../src/host/driver.ts';
import { print } from './collections.ts';

const pieces = 200;
/** A body of 64 KiB with its header. */
const pieceBytes = 64 * 1024 + 64;
const mark = 0xab;
/** V8 gives memory back in a thread of its own, later than it says: until then what is taken is new, and empty. */
const roundsMax = 50;

const parts = { loopbackOnly: true, tls: undefined, doors: [] };
const driver = new Driver({ wake: () => undefined } as never, parts as never);
const allocate = await takeAgain(driver.allocate);
print({ allocate, plain: await takeAgain((byteLength) => new Uint8Array(byteLength)) });
process.exit(0);

async function takeAgain(take: (byteLength: number) => Uint8Array): Promise<object> {
  let uncleared = 0;
  let larger = 0;
  for (let round = 0; round < roundsMax && uncleared === 0; round++) {
    const taken = Array.from({ length: pieces }, () => take(pieceBytes));
    uncleared = taken.filter((piece) => piece.includes(mark)).length;
    larger += taken.filter(({ buffer }) => buffer.byteLength !== pieceBytes).length;
    for (const piece of taken) piece.fill(mark);
    taken.length = 0;
    await new Promise(setImmediate);
    globalThis.gc?.();
  }
  return { uncleared, larger };
}
