/** One attempt at a task as a key: the same place in another store, or claimed again, is another one. */
import type { AttemptPlace } from './member-events.ts';

export function keyOf({ store, n, fence }: AttemptPlace): string {
  return `${store} ${n} ${fence}`;
}
