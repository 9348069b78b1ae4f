/**
 * Who is asked: the choice among the nodes that offer a service.
 *
 * Who calls it: the asker. Invariant: a node that is excluded (it was busy, or refused) is not chosen again for
 * the same call, and one that is not available is chosen only by its name; without anybody left the answer is undefined.
 */
import type { Random, RoutingTable, SelfView } from '../../../kernel/contracts.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import type { Request } from './calls-types.ts';

/** What a node is known to have under way: as it last said, and of this node's own. */
interface Load {
  /** Of others, when it last answered. */
  readonly ofOthers: number;
  /** Of this node, now. */
  readonly own: number;
}

export interface ProvidersPorts {
  readonly self: SelfView;
  readonly routes: RoutingTable;
  readonly random: Random;
  readonly availability: AvailabilityCore;
  readonly loadOf: (node: NodeId) => Load;
}

/** Services whose turn is remembered: of more than this the turn begins anew. */
const turnsMax = 4096;

export class Providers {
  private readonly ports: ProvidersPorts;
  /** By service: whose turn it is. */
  private readonly turns = new Map<string, number>();

  constructor(ports: ProvidersPorts) {
    this.ports = ports;
  }

  choose(request: Request, excluded: readonly NodeId[]): NodeId | undefined {
    if (request.to !== undefined) return excluded.includes(request.to) ? undefined : request.to;
    const all = this.available(request.service);
    if (all.length < 2 && excluded.length === 0) return all[0];
    const left = excluded.length === 0 ? all : all.filter((node) => !excluded.includes(node));
    return left.length < 2 ? left[0] : this.among(left, request);
  }

  /** Those that offer it and are not available. */
  unavailable(service: string): readonly NodeId[] {
    return this.all(service).filter((node) => !this.ports.availability.isAvailable(node));
  }

  private available(service: string): readonly NodeId[] {
    const { availability } = this.ports;
    const all = this.all(service);
    return availability.hasUnavailable ? all.filter((node) => availability.isAvailable(node)) : all;
  }

  /** Nearest first. A node's own offer counts at once, its announcement comes a moment later. */
  private all(service: string): readonly NodeId[] {
    const { self, routes } = this.ports;
    const providers = routes.providers(idOf(service));
    return !self.services.has(service) || providers.includes(self.id) ? providers : [self.id, ...providers];
  }

  /** @param nodes Nearest first; more than one. */
  private among(nodes: readonly NodeId[], { strategy, service, key }: Request): NodeId | undefined {
    switch (strategy) {
      case 'nearest':
        return nodes[0];
      case 'least-loaded':
        return this.leastLoaded(nodes);
      case 'random':
        return nodes[Math.floor(this.ports.random.next() * nodes.length)];
      case 'round-robin':
        return this.inTurn(nodes, service);
      case 'sticky':
        return closestTo(key, nodes);
    }
  }

  private leastLoaded(nodes: readonly NodeId[]): NodeId | undefined {
    let best: NodeId | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const node of nodes) {
      const { ofOthers, own } = this.ports.loadOf(node);
      if (ofOthers + own >= least) continue;
      [best, least] = [node, ofOthers + own];
    }
    return best;
  }

  /** By id, so that the order stays when distances change. */
  private inTurn(nodes: readonly NodeId[], service: string): NodeId | undefined {
    if (this.turns.size >= turnsMax) this.turns.clear();
    const turn = this.turns.get(service) ?? 0;
    this.turns.set(service, turn + 1);
    return [...nodes].sort((a, b) => a - b)[turn % nodes.length];
  }
}

/**
 * Highest random weight (Thaler and Ravishankar 1998): when a node comes or goes only its own share of the keys
 * moves, and the shares are even, which those of the closest id among few nodes are not.
 */
function closestTo(key: string, nodes: readonly NodeId[]): NodeId | undefined {
  const hash = idOf(key);
  let best: NodeId | undefined;
  let most = -1;
  for (const node of nodes) {
    const weight = mixed(hash, node);
    if (weight > most) [best, most] = [node, weight];
  }
  return best;
}

/** 32 well mixed bits of two ids (the finalizer of MurmurHash3), never their whole 48 bits at once. */
function mixed(a: number, b: number): number {
  let hash = (a % 0x1000000) ^ Math.floor(a / 0x1000000);
  for (const part of [b % 0x1000000, Math.floor(b / 0x1000000)]) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
