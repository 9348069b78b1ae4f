/** Seeds 26 to 50 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(26, 50);
