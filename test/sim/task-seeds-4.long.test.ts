/** Seeds 1101 to 2000 of tasks. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('tasks', 1101, 2000);
