/** Seeds 5 to 12 of each workload of what the swarm keeps. */
import { describe } from 'vitest';
import { testSeedsOf } from './swarm.ts';

const workloads = ['letters-on-machines', 'conversations', 'impostors', 'availability', 'queries'];

describe.each(workloads)('%s', (workload) => testSeedsOf(workload, 5, 12));
