/** How long this machine has run, whatever its clock says. Who calls it: the driver, when a clock was set. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Uptime } from '../kernel/contracts.ts';

/** Undefined where one run of the machine cannot be distinguished from another one, as on systems other than Linux. */
export function machineUptime(): Uptime | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { boot, elapsedMs: Math.round(uptime() * 1000) };
  } catch {
    return undefined;
  }
}
