/** Seeds 201 to 1000 of tasks. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('tasks', 201, 1000);
