/** Seeds 76 to 100 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(76, 100);
