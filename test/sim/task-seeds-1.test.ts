/** Seeds 1 to 100 of tasks: a ledger judges every attempt under faults. */
import { testSeedsOf } from './swarm.ts';

testSeedsOf('tasks', 1, 100);
