/** Seeds 21 to 40 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(21, 40);
