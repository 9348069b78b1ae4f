/** Seeds 201 to 1100 of letters. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('letters', 201, 1100);
