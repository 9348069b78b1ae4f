/** Seeds 1 to 25 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(1, 25);
