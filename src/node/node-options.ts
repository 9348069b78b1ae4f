/**
 * What a node in this process is given at its start.
 *
 * Programs write them, the host checks them (`host/options.ts`). Invariant: everything has a default.
 */

import type { FeatureNodeOptions } from '../features/api.ts';
import type { AnyBehavior } from '../kernel/contracts.ts';
import type { AnyFeature } from '../kit/feature.ts';
import type { Logger } from '../kit/logger.ts';

/** Options of a node in this process. Everything has a default. */
export interface NodeOptions extends FeatureNodeOptions {
  /** Default: the host name, with a suffix if it is taken. A name given here and in use is refused. */
  readonly name?: string;
  /** Only nodes of one namespace answer each other's solicitations. Default `default`. */
  readonly namespace?: string;
  /** Links to keep; 0 never solicits. Default 3. */
  readonly degree?: number;
  /** `host:port`; port 0 picks one. Default `127.0.0.1:0`. */
  readonly listen?: string;
  /** Addresses told to others instead of those listened on. */
  readonly advertise?: readonly string[];
  /** Seeds, `host:port`; names are resolved again at each try. */
  readonly connect?: readonly string[];
  /** UDP solicitation and the runtime folder; false for seeds only. Default true. */
  readonly discovery?: boolean | DiscoveryOptions;
  /** Default 10,000. */
  readonly syncPeriodMs?: number;
  /** Default 10,000. */
  readonly sendTimeoutMs?: number;
  /** How long this program's event loop may stop without being thought dead. Default 3,000. */
  readonly stallToleranceMs?: number;
  /**
   * The mesh key, or several: the first is used, all are accepted. `false`: none. Default: what the variable
   * `SKEIN_KEY` holds, else the keys of this user (`skein key`), else none. With a key every link is TLS 1.3
   * and proven, and the node listens on all interfaces; without one it stays on loopback.
   */
  readonly key?: string | readonly string[] | false;
  /** A file of keys instead, as `skein key` writes it; read again when it changes. */
  readonly keyFile?: string;
  /** Go without a key, on other addresses than loopback too: everybody can join, and read and change all. Default false. */
  readonly insecure?: boolean;
  /** Text compared with the neighbors'; a difference only warns. Default: skein's version. */
  readonly version?: string;
  /**
   * Makes this program's own behaviors (see `skein/kernel`), called after skein's. A function, since a node
   * that must start anew under another name needs new ones. Their events come as `behavior` events.
   */
  readonly behaviors?: () => readonly AnyBehavior[];
  /**
   * This program's own features, made with `feature()`, called after skein's; each after those that it needs. Their
   * apis are `node.use(mine)`, here and in attached programs.
   */
  readonly features?: readonly AnyFeature[];
  readonly logger?: Logger;
  /**
   * A control socket, so that the command line and `attach()` of this user reach this node: at NAME.sock in the runtime
   * folder, or at a path of at most 103 bytes. It goes with the node. Default false (`serve(node)` opens one later).
   */
  readonly control?: boolean | { readonly path?: string };
}

export interface DiscoveryOptions {
  /** UDP port shared by all nodes. Default 7077. */
  readonly port?: number;
  /** Broadcast addresses. Default: those of the interfaces listened on. */
  readonly broadcast?: readonly string[];
  /** UDP solicitation. Default true. */
  readonly udp?: boolean;
  /** Nodes of one machine find each other in this folder; false turns that off. Default: the user's runtime folder. */
  readonly folder?: string | false;
}
