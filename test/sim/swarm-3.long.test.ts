/** Seeds 51 to 75 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(51, 75);
