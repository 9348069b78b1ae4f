/** 8 real processes, each asleep 2 s of every 5 inside its event loop: how often any was thought dead. */
import { runBlocking } from '../soak/blocking.ts';
import type { Figure } from './figure.ts';

const seconds = 60;

export async function blockingFigures(): Promise<readonly Figure[]> {
  const { downs, violations } = await runBlocking(seconds, 1);
  if (violations.length > 0) throw new Error(violations.map(String).join('; '));
  return [
    {
      name: 'false deaths among 8 real processes that each block 2 s of every 5',
      value: downs.length,
      unit: 'deaths',
      goal: 0,
      note: `${seconds} s, real time`,
    },
  ];
}
