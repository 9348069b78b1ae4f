/**
 * Takes 20,000 pieces of 64 KiB that are dropped at once, as a channel's reader does, and prints how often V8
 * collected: without sockets, whose pace decides when V8 collects.
 *
 * Run by canaries.test.ts, which asks for the young space to be filled or left alone.
 */
import { fillYoungSpace } from '../../src/host/young-space.ts';
import { CollectionCount, print } from './collections.ts';

const pieceBytes = 64 * 1024;
const isFilled = process.argv[2] === 'filled';

const count = new CollectionCount();
let received = 0;
for (let number = 0; number < 20_000; number++) {
  const piece = new Uint8Array(Buffer.allocUnsafeSlow(pieceBytes).buffer);
  if (isFilled) fillYoungSpace(piece.length);
  received += piece.length;
  if (number % 1000 === 0) await new Promise(setImmediate);
}
print({ ...(await count.stop()), received });
process.exit(0);
