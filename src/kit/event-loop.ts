/**
 * The event loop of a program, as its platform measures it.
 *
 * Asked for with `NodePorts.platformPart(eventLoopPart)`, or `Session.platformPart` in an attached program; the simulator has
 * no loop that could be blocked. Invariant: neither a busy machine, nor a stopped process, counts as what the program has done.
 */

/** The name under which a platform offers an `EventLoop`. */
export const eventLoopPart = 'event-loop';

export interface EventLoop {
  /**
   * Looks about this often, and keeps no program alive.
   * @param look Called with how long the program's own work has kept the loop from going on since the last look, and with
   * monotonic milliseconds. False: it was the last look.
   */
  watch(everyMs: number, look: (blockedMs: number, now: number) => boolean): void;
}
