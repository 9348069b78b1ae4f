/** Seeds 1 to 100 of letters. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('letters', 1, 100);
