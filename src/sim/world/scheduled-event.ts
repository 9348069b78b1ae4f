/** Something that is going to happen in the simulated world. */
import type { Timed } from '../../kernel/parts/event-heap.ts';

/** Its number counts up over the whole run. */
export interface ScheduledEvent extends Timed {
  /** Undefined once canceled. */
  run: (() => void) | undefined;
}
