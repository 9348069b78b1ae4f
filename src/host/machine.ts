/** What Node.js knows of the machine: the host's `Machine`. */
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';
import type { Machine } from '../kit/machine.ts';

export const machine: Machine = {
  facts() {
    const megahertz = cpus()[0]?.speed ?? 0;
    const { user, system } = process.cpuUsage();
    return {
      cores: availableParallelism(),
      ...(megahertz > 0 ? { cpuGhz: megahertz / 1000 } : {}),
      // Node.js says 0 where the system has no such average.
      ...(process.platform === 'win32' ? {} : { load: loadavg()[0] ?? 0 }),
      memoryBytes: totalmem(),
      freeMemoryBytes: freemem(),
      processMemoryBytes: process.memoryUsage.rss(),
      processCpuMs: Math.round((user + system) / 1000),
    };
  },
};
