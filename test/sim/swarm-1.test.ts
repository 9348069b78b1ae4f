/** Seeds 1 to 20 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(1, 20);
