/**
 * One line on a terminal that says how far a long run of the simulator is.
 *
 * Called by `skein sim` where standard error is a terminal. Invariant: it only listens to the mesh, so the run
 * is the same without it, and the line is gone when the run is over.
 */
import type { Mesh } from '../sim/world/mesh.ts';

/** A person sees that it moves; a terminal is not kept busy. */
const intervalMs = 500;
const clearLine = '\r\u001b[K';

export interface ProgressPorts {
  readonly write: (text: string) => void;
  readonly now: () => number;
}

export class Progress {
  private readonly ports: ProgressPorts;
  private readonly begunAt: number;
  private shownAt: number;

  constructor(ports: ProgressPorts) {
    this.ports = ports;
    this.begunAt = ports.now();
    this.shownAt = this.begunAt;
  }

  follow({ observers, world }: Pick<Mesh, 'observers'> & { readonly world: { readonly now: number } }): void {
    // In every phase of a run somebody writes all the time.
    observers.push({ wrote: () => this.show(world.now) });
  }

  end(): void {
    if (this.shownAt > this.begunAt) this.ports.write(clearLine);
  }

  private show(virtualMs: number): void {
    const now = this.ports.now();
    if (now - this.shownAt < intervalMs) return;
    this.shownAt = now;
    const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
    this.ports.write(
      `${clearLine}${seconds(virtualMs)} of virtual time, ${seconds(now - this.begunAt)} of real time`,
    );
  }
}

/** Undefined where nobody watches. */
export function progressOnTerminal(): Progress | undefined {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  return new Progress({ write: (text) => void stderr.write(text), now: () => performance.now() });
}
