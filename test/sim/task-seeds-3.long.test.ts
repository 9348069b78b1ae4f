/** Seeds 201 to 1100 of tasks. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('tasks', 201, 1100);
