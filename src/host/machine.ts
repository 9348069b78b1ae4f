/** What Node.js knows of the machine: the host's `Machine`. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Machine } from '../kit/machine.ts';
import { cpuLimit } from './cgroup.ts';

export const machine: Machine = {
  facts() {
    const megahertz = cpus()[0]?.speed ?? 0;
    const { user, system } = process.cpuUsage();
    return {
      cores: Math.max(1, Math.floor(Math.min(availableParallelism(), cpuLimit()))),
      ...(megahertz > 0 ? { cpuGhz: megahertz / 1000 } : {}),
      // Node.js says 0 where the system has no such average.
      ...(process.platform === 'win32' ? {} : { load: loadavg()[0] ?? 0 }),
      memoryBytes: memoryBytes(),
      // Of the control group, where that has a limit; what the system keeps in memory and can let go of counts as free.
      freeMemoryBytes: Math.min(process.availableMemory(), memoryBytes()),
      processMemoryBytes: process.memoryUsage.rss(),
      processCpuMs: Math.round((user + system) / 1000),
    };
  },
};

/** Node.js says 0, or more than there is, where the control group has no limit. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
