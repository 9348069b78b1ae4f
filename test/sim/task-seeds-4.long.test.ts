/** Seeds 1001 to 2000 of tasks. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('tasks', 1001, 2000);
