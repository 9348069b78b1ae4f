/** Prints the fingerprints of the runs that `determinism.test.ts` compares between processes. */
import { determinismHashes } from './determinism.ts';

console.log(JSON.stringify(await determinismHashes()));
