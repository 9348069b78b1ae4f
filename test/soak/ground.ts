/**
 * Where the members stand: hosts, how a program is started on one, and what can be done to the ways between.
 *
 * Used by crew and conductor. Two things implement it: namespaces.ts and loopback.ts. Invariant: whatever a
 * ground has made it takes away again in `close`, which is synchronous, so that it works on the way out.
 */
import type { NetworkFault } from './schedule.ts';

/** What `from` sends does not arrive at `to`. */
export interface HostCut {
  readonly from: number;
  readonly to: number;
}

export interface Ground {
  readonly hosts: number;
  /** Why there are no namespaces here; undefined where there are. */
  readonly poorBecause: string | undefined;
  /** What members on this ground bind. */
  readonly listen: string;
  readonly discoveryPort: number;
  /** Where a datagram comes to the nodes of all hosts. */
  readonly broadcast: string;
  /** The words that start a program on a host: the first is the file. */
  command(host: number, program: readonly string[]): readonly string[];
  /** Begins a fault; resolves with what ends it. */
  apply(fault: NetworkFault): Promise<() => Promise<void>>;
  close(): void;
}
