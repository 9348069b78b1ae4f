/**
 * What all parts of one node share: who it is, what time it is, where effects go.
 *
 * Made by the kernel and handed to its parts. Invariant: `now` is set once at the start of each turn and
 * does not change within it, so that one turn is one instant.
 */
import type { Clock } from './behavior-watch.ts';
import type { Directory, LogLevel, Random, RoutingTable, SelfView } from './contracts.ts';
import { type Instance, idOf, type NodeId } from './identity.ts';
import { Outbox } from './outbox.ts';
import { ShutOuts } from './shut-outs.ts';
import type { Allocate } from './wire/splitter.ts';

/** What a kernel is made with. The kernel checks none of it: peers refuse a hello that does not fit its limits. */
export interface KernelConfig {
  /** Name of this node, unique in the mesh: 1 to 64 of `[A-Za-z0-9._-]` (`checkName`). Its id is the hash of it. */
  readonly name: string;
  /** Namespace of this node, by the same rules as its name. The kernel only passes it on in hellos and `SelfView`. */
  readonly namespace: string;
  /**
   * Identifies this incarnation: 16 lower-case hexadecimal digits, new at each start. Where links or records are
   * signed it must be the first 64 bits of SHA-256 of the signer's public key.
   */
  readonly instance: Instance;
  /** Version text of this program, at most 256 UTF-8 bytes. Links to neighbors with another one log a warning. */
  readonly version: string;
  /** Addresses to announce, `host:port`, where other nodes can dial this one. Only the first 16 are announced. */
  readonly addresses: readonly string[];
  /**
   * Milliseconds that this node's event loop may block before neighbors may declare it dead. Sent in each hello;
   * neighbors raise it to 3,000 or lower it to 60,000 and then wait another 1,000 ms, one heartbeat interval.
   */
  readonly stallToleranceMs: number;
  /** Links are numbered from the one after this. Default 0. */
  readonly firstLink?: number;
  /** For how long a call of a behavior takes. Default: nothing is measured. */
  readonly clock?: Clock;
  /** For large frames that come in. Default: memory that was cleared. */
  readonly allocate?: Allocate;
}

/** Oneself, with the right to change: only the kernel has this type, everybody else sees `SelfView`. */
export class Self implements SelfView {
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly version: string;
  readonly stallToleranceMs: number;
  addresses: readonly string[];
  readonly services = new Set<string>();
  readonly sections = new Map<string, Uint8Array>();
  startedAt = 0;

  constructor(config: KernelConfig) {
    this.id = idOf(config.name);
    this.name = config.name;
    this.namespace = config.namespace;
    this.instance = config.instance;
    this.version = config.version;
    this.stallToleranceMs = config.stallToleranceMs;
    this.addresses = config.addresses;
  }
}

export class Context {
  readonly self: Self;
  readonly config: KernelConfig;
  readonly outbox = new Outbox();
  readonly random: Random;
  readonly routes: RoutingTable;
  readonly directory: Directory;
  readonly counters = new Map<string, number>();
  readonly shutOuts = new ShutOuts();
  now = 0;
  wallNow = 0;

  constructor(config: KernelConfig, random: Random, routes: RoutingTable, directory: Directory) {
    this.self = new Self(config);
    this.config = config;
    this.random = random;
    this.routes = routes;
    this.directory = directory;
  }

  count(counter: string, by = 1): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + by);
  }

  log(level: LogLevel, text: string, fields: Record<string, unknown> = {}): void {
    this.outbox.put({ type: 'log', level, text, fields });
  }
}
