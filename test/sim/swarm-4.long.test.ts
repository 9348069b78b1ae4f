/** Seeds 71 to 100 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(71, 100);
