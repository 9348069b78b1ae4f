/** Slips in links: their liveness, their queues, two of them to one neighbor. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const neighborhood = 'src/kernel/neighborhood.ts';
const pulse = 'src/kernel/link/pulse.ts';

export const linkMutants: readonly Mutant[] = [
  {
    name: 'no-tie-break',
    breaks: 'of two dials between the same nodes each end keeps its own',
    file: neighborhood,
    find: "const higherDials = this.context.self.id > peer.id ? 'dialer' : 'listener';",
    replace: "const higherDials = this.context.self.id > 0 ? 'dialer' : 'listener';",
  },
  {
    name: 'link-down-not-told',
    breaks: 'behaviors are not told that a link which the neighbor dialed went down',
    file: neighborhood,
    find: "if (neighbor.direction === 'incoming') behavior.links?.incomingDown?.(agent, neighbor, reason);\n      else behavior",
    replace: "if (neighbor.direction === 'outgoing') behavior",
  },
  {
    name: 'silence-without-poll',
    breaks:
      'silence counts by the clock alone: neither one’s own lag nor the bytes that poll phases bring matter',
    file: pulse,
    find: "    this.liveness.forgive(lagMs, now);\n  }\n\n  /** The poll phases have passed. */\n  isDead(now: number): boolean {\n    return this.liveness.polled(now) === 'dead';",
    replace: '  }\n\n  isDead(): boolean {\n    return true;',
  },
  {
    name: 'own-lag-not-forgiven',
    breaks: 'the deadline of silence does not grow by the lag of one’s own loop',
    file: 'src/kernel/link/liveness.ts',
    find: 'this.heardAt = Math.min(now, this.heardAt + lagMs);',
    replace: 'this.heardAt = Math.min(now, this.heardAt + lagMs / 1000);',
  },
  {
    name: 'tolerance-forgotten',
    breaks: 'a neighbor is dead after one missed heartbeat and a half',
    file: 'src/kernel/link/liveness.ts',
    find: 'this.silenceMaxMs = stallToleranceMs + limits.heartbeatIntervalMs;',
    replace: 'this.silenceMaxMs = stallToleranceMs / 2;',
  },
  {
    name: 'silence-never-ends',
    breaks: 'a silent link is never dead',
    file: 'src/kernel/link/liveness.ts',
    find: "return silent ? 'dead' : 'alive';",
    replace: "return silent && this.silenceMaxMs < 0 ? 'dead' : 'alive';",
  },
  {
    name: 'stalled-for-ever',
    breaks: 'a neighbor that was stalled stays so',
    file: pulse,
    find: 'this.isStalled = false;\n    return wasStalled;',
    replace: 'return wasStalled && !this.isStalled;',
  },
];
