/**
 * How the node that keeps the swarm opens its store: it claims it, and reads what it must know of it.
 *
 * Made by the swarm's behavior. Invariant: nothing is written before the claim is above every earlier one; one claim is
 * under way at a time, and what an earlier one finds does not count.
 */
import type { BehaviorAgent, StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { KeptClock } from '../../../kernel/parts/steady-clock.ts';
import type { Keeping } from './keeping.ts';
import { swarmLimits } from './limits.ts';
import { lastOfWhole } from './register.ts';
import type { Pin, SwarmShape } from './swarm-types.ts';

type Completion = StoreCompletion<SwarmShape['store']>;

export interface ClaimingPorts {
  agent(): BehaviorAgent<SwarmShape>;
  /** Of the broker of the moment. */
  epoch(): number;
  /** Of a store that this node has claimed. */
  whose(store: string): ReturnType<Keeping['claimed']>;
  begun(): void;
  names(names: readonly string[]): void;
  pins(pins: readonly Pin[]): void;
  clock(kept: KeptClock | null): void;
  /** @param store First 48 bits of its id. */
  opened(store: number): void;
  failed(why: Failure): void;
  isNotHome(): void;
}

const never = Number.POSITIVE_INFINITY;

export class Claiming {
  private readonly ports: ClaimingPorts;
  /** Of the operation that is under way. */
  private token: number | undefined;
  private storeTag = 0;
  /** One that has failed is tried again then. */
  private againAt = never;
  /** The store has just become the home, and is opened then. */
  private openAt = never;

  constructor(ports: ClaimingPorts) {
    this.ports = ports;
  }

  begin(epoch = this.ports.epoch()): void {
    this.token = this.ports.agent().store('claim', epoch);
    this.ports.begun();
  }

  /** After a while, where this node is still the one to keep the swarm. */
  beginAgain(): void {
    this.againAt = this.ports.agent().now + swarmLimits.swarmClaimAgainMs;
  }

  /** What is under way does not count any more. */
  ended(hasFailed: boolean): void {
    this.token = undefined;
    this.openAt = never;
    if (!hasFailed) this.againAt = never;
  }

  /** False: it is none of these. */
  completed(completion: Completion): boolean {
    if (completion.token !== this.token) return false;
    if (completion.ok) this.found(completion);
    else {
      this.beginAgain();
      this.ports.failed(completion.failure);
    }
    return true;
  }

  nextDeadline(): number {
    return Math.min(this.againAt, this.openAt);
  }

  deadline(now: number, hasFailed: boolean): void {
    if (now >= this.openAt) {
      this.openAt = never;
      this.readNames('');
    }
    if (now >= this.againAt) {
      this.againAt = never;
      if (hasFailed) this.begin();
    }
  }

  private found(completion: Extract<Completion, { ok: true }>): void {
    const { ports } = this;
    if (completion.verb === 'claim') {
      const { isClaimed, epoch, id } = completion.value;
      // A clock that was ahead has left a high one.
      if (!isClaimed) return this.begin(epoch + 1);
      const whose = ports.whose(id);
      if (whose === 'other') return ports.isNotHome();
      this.storeTag = Number.parseInt(id.slice(0, 12), 16);
      if (whose === 'home') return this.readNames('');
      this.openAt = ports.agent().now + swarmLimits.swarmNewHomeMs;
    } else if (completion.verb === 'names') {
      const last = lastOfWhole(completion.value);
      ports.names(completion.value);
      if (last === undefined) this.readPins('');
      else this.readNames(last);
    } else if (completion.verb === 'pins') {
      const last = lastOfWhole(completion.value)?.name;
      ports.pins(completion.value);
      if (last === undefined) this.token = ports.agent().store('clock', null);
      else this.readPins(last);
    } else if (completion.verb === 'clock') {
      this.token = undefined;
      ports.clock(completion.value);
      ports.opened(this.storeTag);
    }
  }

  private readNames(after: string): void {
    this.token = this.ports.agent().store('names', { after, limit: swarmLimits.swarmNodesPerPage });
  }

  private readPins(after: string): void {
    this.token = this.ports.agent().store('pins', { after, limit: swarmLimits.swarmNodesPerPage });
  }
}
