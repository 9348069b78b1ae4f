/**
 * The standard composition: a kernel with skein's own features over link-state routing.
 *
 * Who calls it: the api's runtime. A program that wants another table or other behaviors composes its own
 * kernel the same way; nothing here is privileged.
 */

import { Calls } from '../features/calls/core/calls.ts';
import { Channels } from '../features/channels/core/channels.ts';
import { Discovery, type DiscoveryOptions } from '../features/discovery/core/discovery.ts';
import { Formation } from '../features/formation/core/formation.ts';
import type { FormationOptions } from '../features/formation/core/formation-types.ts';
import { Messaging } from '../features/messaging/core/messaging.ts';
import { Topology } from '../features/topology/core/topology.ts';
import type { KernelConfig } from '../kernel/context.ts';
import type { AnyBehavior, Random, RecordSigner } from '../kernel/contracts.ts';
import { idOf } from '../kernel/identity.ts';
import { Kernel } from '../kernel/kernel.ts';
import { LinkStateTable } from '../kernel/routing/link-state.ts';
import { Records } from '../kernel/routing/records.ts';

export interface SkeinKernelOptions extends KernelConfig, DiscoveryOptions {
  readonly syncPeriodMs: number;
  /** Of this life: its instance must be `instanceOf(signer.publicKey)`. Undefined: nothing is signed. */
  readonly signer?: RecordSigner;
  /** Undefined: this node is in none. */
  readonly formation?: FormationOptions;
  /** A program's own, called after skein's. */
  readonly behaviors?: readonly AnyBehavior[];
}

export interface SkeinKernel {
  readonly kernel: Kernel;
  readonly records: Records;
  readonly table: LinkStateTable;
  readonly topology: Topology;
  readonly discovery: Discovery;
  readonly messaging: Messaging;
  readonly calls: Calls;
  readonly formation: Formation;
  readonly channels: Channels;
}

const noFormation: FormationOptions = { addresses: [], doors: [], meeting: '' };

export function createSkeinKernel(options: SkeinKernelOptions, random: Random): SkeinKernel {
  const records = new Records();
  const table = new LinkStateTable(idOf(options.name), records);
  const topology = new Topology(records, table, options.syncPeriodMs, options.signer);
  const discovery = new Discovery(options);
  // Topology first: at the end of a turn routes are settled before anybody else speaks.
  const messaging = new Messaging();
  const calls = new Calls();
  const formation = new Formation(options.formation ?? noFormation);
  const channels = new Channels();
  const own = options.behaviors ?? [];
  const behaviors: AnyBehavior[] = [topology, discovery, messaging, calls, formation, channels, ...own];
  const kernel = new Kernel(options, random, table, records, behaviors);
  return { kernel, records, table, topology, discovery, messaging, calls, formation, channels };
}
