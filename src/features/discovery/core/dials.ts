/**
 * The dials of discovery: which are under way, which wait their turn, which were made just now.
 *
 * Who calls it: the discovery behavior. A node may have several addresses; they are tried in turn.
 * Invariant: never two dials to one node at a time, and one per (node, instance) in `dialAgainMs`
 * unless somebody asked by hand or a connection broke that may be mended.
 */
import type {
  BehaviorAgent,
  LinkId,
  Neighbor,
  NodeEntry,
  OutgoingError,
  Reply,
} from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { type DialReason, reasonByte } from './dial-reason.ts';
import { discoveryLimits } from './limits.ts';

/** Somebody to dial: a node by its addresses, or an address behind which anybody may be. */
export interface Target {
  readonly node: NodeId | undefined;
  /** Its life, where that is known: a restarted node may be dialed again at once. */
  readonly instance?: Instance;
  readonly addresses: readonly string[];
  readonly purpose: DialReason;
  /** Dialed a moment ago, and on purpose once more. */
  readonly isAgain?: boolean;
  /** Who waits for it: a command's reply, or a seed. */
  readonly reply?: Reply<Neighbor>;
  readonly seed?: string;
}

interface Attempt {
  readonly target: Target;
  /** Which of the addresses is being tried. */
  readonly index: number;
}

interface Scheduled {
  readonly at: number;
  readonly life: string;
  readonly target: () => Target | undefined;
}

export type DialOutcome =
  | { readonly outcome: 'up'; readonly target: Target; readonly neighbor: Neighbor }
  | { readonly outcome: 'failed'; readonly target: Target; readonly failure: Failure };

const recentMax = 4096;

export class Dials {
  private readonly attempts = new Map<LinkId, Attempt>();
  private readonly underWay = new Set<NodeId>();
  private readonly recent = new Map<string, number>();
  private scheduled: Scheduled[] = [];

  /** Dials now. False: one is under way, or was made a moment ago. */
  dial(agent: BehaviorAgent, target: Target): boolean {
    if (target.node !== undefined && target.reply === undefined) {
      const life = lifeOf(target.node, target.instance);
      if (this.underWay.has(target.node)) return false;
      if (this.isRecent(life, agent.now)) {
        if (target.isAgain !== true) return false;
      } else {
        if (this.recent.size >= recentMax) this.recent.clear();
        this.recent.set(life, agent.now);
      }
    }
    return this.attempt(agent, target, 0);
  }

  /** Dials after a wait; whether and why is decided then. One at a time for each life of a node: the first due. */
  later(at: number, node: NodeId, instance: Instance, target: () => Target | undefined): void {
    const life = lifeOf(node, instance);
    const waiting = this.scheduled.findIndex((entry) => entry.life === life);
    if (waiting < 0) {
      if (this.scheduled.length < discoveryLimits.dialsScheduledMax)
        this.scheduled.push({ at, life, target });
    } else if (at < (this.scheduled[waiting] as Scheduled).at) this.scheduled[waiting] = { at, life, target };
  }

  nextDeadline(): number {
    return this.scheduled.reduce((next, entry) => Math.min(next, entry.at), Number.POSITIVE_INFINITY);
  }

  deadline(agent: BehaviorAgent, now: number): void {
    const due = this.scheduled.filter((entry) => entry.at <= now);
    if (due.length === 0) return;
    this.scheduled = this.scheduled.filter((entry) => entry.at > now);
    for (const entry of due) {
      const target = entry.target();
      if (target !== undefined) this.dial(agent, target);
    }
  }

  linkUp(neighbor: Neighbor): DialOutcome | undefined {
    const attempt = this.take(neighbor.link);
    return attempt === undefined ? undefined : { outcome: 'up', target: attempt.target, neighbor };
  }

  /** Tries the next address, or says that all have failed. */
  linkFailed(agent: BehaviorAgent, error: OutgoingError): DialOutcome | undefined {
    const attempt = this.take(error.link);
    if (attempt === undefined) return undefined;
    // Whoever answered and refused is the right node: its other addresses lead to the same no.
    const answered = error.node !== undefined || error.failure.code === 'SKEIN_SELF';
    if (!answered && attempt.index + 1 < attempt.target.addresses.length) {
      this.attempt(agent, attempt.target, attempt.index + 1);
      return undefined;
    }
    return { outcome: 'failed', target: attempt.target, failure: error.failure };
  }

  private attempt(agent: BehaviorAgent, target: Target, index: number): boolean {
    const address = target.addresses[index];
    if (address === undefined) return false;
    if (target.node !== undefined) this.underWay.add(target.node);
    this.attempts.set(agent.dial(address, reasonByte(target.purpose)), { target, index });
    return true;
  }

  private take(link: LinkId): Attempt | undefined {
    const attempt = this.attempts.get(link);
    if (attempt === undefined) return undefined;
    this.attempts.delete(link);
    if (attempt.target.node !== undefined) this.underWay.delete(attempt.target.node);
    return attempt;
  }

  private isRecent(life: string, now: number): boolean {
    const at = this.recent.get(life);
    return at !== undefined && now - at < discoveryLimits.dialAgainMs;
  }
}

/** A known node, by what it said of itself. */
export function targetOf(entry: NodeEntry, purpose: DialReason): Target {
  return { node: entry.id, instance: entry.instance, addresses: entry.addresses, purpose };
}

/** Up to `count` of them, at random. */
export function pick<Item>(items: readonly Item[], count: number, agent: BehaviorAgent): Item[] {
  const rest = [...items];
  const picked: Item[] = [];
  while (picked.length < count && rest.length > 0) {
    picked.push(...rest.splice(Math.floor(agent.random.next() * rest.length), 1));
  }
  return picked;
}

function lifeOf(node: NodeId, instance: Instance | undefined): string {
  return `${node}.${instance ?? ''}`;
}
