/**
 * One line on a terminal that says how far a long run of the simulator is.
 *
 * Called by `skein sim` where standard error is a terminal. Invariant: it only listens to the mesh, so the run
 * is the same without it, and the line is gone when the run is over.
 */

import type { Mesh } from '../sim/world/mesh.ts';
import { LiveLine, type Terminal } from './kit/live-line.ts';

/** A person sees that it moves; a terminal is not kept busy. */
const intervalMs = 500;

export interface ProgressPorts {
  readonly terminal: Terminal;
  readonly now: () => number;
}

export class Progress {
  private readonly ports: ProgressPorts;
  private readonly begunAt: number;
  private shownAt: number;
  private readonly line: LiveLine;

  constructor(ports: ProgressPorts) {
    this.ports = ports;
    this.begunAt = ports.now();
    this.shownAt = this.begunAt;
    this.line = new LiveLine(ports.terminal);
  }

  follow({ observers, world }: Pick<Mesh, 'observers'> & { readonly world: { readonly now: number } }): void {
    // In every phase of a run somebody writes all the time.
    observers.push({ wrote: () => this.show(world.now) });
  }

  end(): void {
    this.line.clear();
  }

  private show(virtualMs: number): void {
    const now = this.ports.now();
    if (now - this.shownAt < intervalMs) return;
    this.shownAt = now;
    const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
    this.line.show(`${seconds(virtualMs)} of virtual time, ${seconds(now - this.begunAt)} of real time`);
  }
}

/** Undefined where nobody watches. */
export function progressOnTerminal(): Progress | undefined {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  return new Progress({ terminal: stderr, now: () => performance.now() });
}
