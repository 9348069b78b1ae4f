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
import type { Allocate } from './wire/splitter.ts';

export interface KernelConfig {
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly version: string;
  readonly addresses: readonly string[];
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
  readonly addresses: readonly string[];
  readonly services = new Set<string>();
  readonly sections = new Map<string, Uint8Array>();
  startedAt = 0;

  constructor(config: KernelConfig) {
    this.id = idOf(config.name);
    this.name = config.name;
    this.namespace = config.namespace;
    this.instance = config.instance;
    this.version = config.version;
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
