/** Seeds 41 to 70 of the swarm. */
import { testSeeds } from './swarm.ts';

testSeeds(41, 70);
