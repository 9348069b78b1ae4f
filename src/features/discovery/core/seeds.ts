/**
 * Seeds: addresses given by hand, dialed until the node behind each is part of this node's mesh.
 *
 * Who calls it: the discovery behavior. Invariant: a seed is never given up; its waits double up to
 * `seedBackoffMsMax`. The host resolves names anew at each dial.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Backoff } from '../../../kernel/parts/backoff.ts';
import { discoveryLimits } from './limits.ts';

type SeedState =
  | { readonly state: 'waiting'; readonly until: number }
  | { readonly state: 'dialing' }
  /** A link was opened: watched through the mesh from now on. */
  | { readonly state: 'found'; readonly node: NodeId };

interface Seed {
  readonly address: string;
  state: SeedState;
  readonly backoff: Backoff;
  lastFailure: Failure | undefined;
}

export class Seeds {
  private readonly seeds: Seed[];

  constructor(addresses: readonly string[], now: number) {
    this.seeds = addresses.map((address) => ({
      address,
      state: { state: 'waiting', until: now },
      backoff: new Backoff(1000, discoveryLimits.seedBackoffMsMax),
      lastFailure: undefined,
    }));
  }

  get all(): readonly {
    readonly address: string;
    readonly state: string;
    readonly lastFailure: Failure | undefined;
  }[] {
    return this.seeds.map(({ address, state, lastFailure }) => ({
      address,
      state: state.state,
      lastFailure,
    }));
  }

  /** The addresses whose turn it is; they count as dialing from now on. */
  due(now: number): string[] {
    const due = this.seeds.filter(({ state }) => state.state === 'waiting' && state.until <= now);
    for (const seed of due) seed.state = { state: 'dialing' };
    return due.map((seed) => seed.address);
  }

  found(address: string, node: NodeId): void {
    const seed = this.byAddress(address);
    if (seed === undefined) return;
    seed.state = { state: 'found', node };
    seed.lastFailure = undefined;
    seed.backoff.reset();
  }

  failed(agent: BehaviorAgent, address: string, reason: Failure, node: NodeId | undefined): void {
    const seed = this.byAddress(address);
    if (seed === undefined) return;
    if (reason.code === 'SKEIN_ALREADY_CONNECTED' && node !== undefined) return this.found(address, node);
    // Lists of seeds are often the same on every machine, so that one of them is this node itself. It is asked again all
    // the same: the address may become another node's, and a name may come to stand for further nodes.
    seed.lastFailure = reason;
    seed.state = { state: 'waiting', until: agent.now + seed.backoff.steady(agent.random) };
  }

  /**
   * A node went out of reach: if it was behind a seed, dial that again.
   * @param quietUntil Not before: its link was hung up by hand.
   */
  lost(agent: BehaviorAgent, node: NodeId, quietUntil = 0): void {
    for (const seed of this.seeds) {
      if (seed.state.state !== 'found' || seed.state.node !== node) continue;
      const until = agent.now + seed.backoff.steady(agent.random);
      seed.state = { state: 'waiting', until: Math.max(until, quietUntil) };
      if (quietUntil > agent.now) seed.lastFailure = hungUp();
    }
  }

  /** The network has changed: none waits out its backoff. */
  hurry(now: number): void {
    for (const seed of this.seeds) {
      if (seed.state.state === 'waiting') seed.state = { state: 'waiting', until: now };
      seed.backoff.reset();
    }
  }

  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { state } of this.seeds) if (state.state === 'waiting') next = Math.min(next, state.until);
    return next;
  }

  private byAddress(address: string): Seed | undefined {
    return this.seeds.find((seed) => seed.address === address);
  }
}

/** Why a node is left alone that could be dialed. */
export function hungUp(): Failure {
  return failure('SKEIN_REFUSED', 'the link was hung up a moment ago');
}
