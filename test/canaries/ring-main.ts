/**
 * Lets three million things come and go, 4,000 of them there at a time, in a ring (`Numbered`) or in a map, and prints
 * how often V8 collected.
 *
 * Run by canaries.test.ts.
 */
import { Numbered } from '../../src/kernel/parts/numbered.ts';
import { CollectionCount, print } from './collections.ts';

const total = 3_000_000;
const inFlight = 4000;
const table = process.argv[2] === 'map' ? new Map<number, object>() : new Numbered<object>();

const count = new CollectionCount();
for (let number = 0; number < total; number++) {
  // As large as what is kept for a message: itself, its recipient's state, the program's promise.
  table.set(number, { number, state: { at: number, tried: [number] }, resolve: () => number });
  if (number >= inFlight) table.delete(number - inFlight);
  if (number % 1000 === 0) await new Promise(setImmediate);
}
print({ ...(await count.stop()), left: table.size });
process.exit(0);
