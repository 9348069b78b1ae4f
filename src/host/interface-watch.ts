/**
 * Looks at the machine's interfaces again and again: cables, wireless networks, leases and VPNs come and go.
 *
 * Who calls it: create-node, for as long as the node lives. Node.js reports no changes of interfaces, and one look costs
 * about 0.1 ms. Invariant: only a change is reported, once; the watch never keeps a process alive.
 */
import { networkInterfaces } from 'node:os';
import type { Interfaces } from './addresses.ts';
import { hostLimits } from './limits.ts';

export interface Reachability {
  /** Announced to others, `host:port`. */
  readonly addresses: readonly string[];
  /** Where solicitations go. */
  readonly targets: readonly string[];
}

export interface InterfaceWatchOptions {
  /** What is in use already. */
  readonly known: Reachability;
  /** What these interfaces make of the node's settings. */
  readonly derive: (interfaces: Interfaces) => Reachability;
  readonly changed: (now: Reachability) => void;
  /** Default: those of the machine. */
  readonly look?: () => Interfaces;
}

export class InterfaceWatch {
  private readonly options: InterfaceWatchOptions;
  private readonly timer: NodeJS.Timeout;
  private known: string;

  constructor(options: InterfaceWatchOptions) {
    this.options = options;
    this.known = textOf(options.known);
    this.timer = setInterval(() => this.look(), hostLimits.interfacesLookMs).unref();
  }

  look(): void {
    const { derive, changed, look = networkInterfaces } = this.options;
    let now: Reachability;
    try {
      now = derive(look());
    } catch {
      // The system may refuse to list them for a moment (EMFILE): what was known stays.
      return;
    }
    const text = textOf(now);
    if (text === this.known) return;
    this.known = text;
    changed(now);
  }

  close(): void {
    clearInterval(this.timer);
  }
}

function textOf({ addresses, targets }: Reachability): string {
  return JSON.stringify([addresses, targets]);
}
