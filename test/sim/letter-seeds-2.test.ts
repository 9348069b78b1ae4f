/** Seeds 101 to 200 of letters. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('letters', 101, 200);
