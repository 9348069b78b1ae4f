/** Seeds 1101 to 2000 of letters. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('letters', 1101, 2000);
