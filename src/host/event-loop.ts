/** The event loop of Node.js: the host's `EventLoop`. */
import { performance } from 'node:perf_hooks';
import type { EventLoop } from '../kit/event-loop.ts';
import { heldUpMs } from './held-up.ts';

export const eventLoop: EventLoop = {
  watch(everyMs, look) {
    let last = moment();
    const next = (): void => {
      setTimeout(tick, everyMs).unref();
    };
    const tick = (): void => {
      const before = last;
      last = moment();
      const lateMs = last.now - before.now - everyMs;
      // A process that was stopped or suspended has mostly been idle, and one that had to wait for a processor was held up.
      const { active } = performance.eventLoopUtilization(last.use, before.use);
      const blockedMs = Math.min(lateMs, active) - (last.heldUp - before.heldUp);
      if (look(Math.max(0, blockedMs), last.now)) next();
    };
    next();
  },
};

function moment() {
  return { now: performance.now(), use: performance.eventLoopUtilization(), heldUp: heldUpMs() ?? 0 };
}
