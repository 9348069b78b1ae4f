/** Seeds 101 to 200 of tasks. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('tasks', 101, 200);
