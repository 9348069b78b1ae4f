/**
 * Whether this node itself is denied: by its list, or by members that turn it away while it has no link.
 *
 * Made by the denials' behavior. Invariant: followers hear each change once, in a turn after that in which the node has
 * started; the program is warned once in a minute at most.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { Denial } from './denial.ts';
import { denialLimits } from './limits.ts';
import { allowsAgain, ownDenialText } from './texts.ts';

export interface OwnDenialPorts {
  agent(): Pick<BehaviorAgent, 'now' | 'neighbors' | 'log' | 'flushLater'>;
  /** Of this node, in its list. */
  denial(): Denial | undefined;
  /** To the program. */
  deliver(why: Failure): void;
}

const never = Number.POSITIVE_INFINITY;

export class OwnDenial {
  private readonly ports: OwnDenialPorts;
  private readonly followers: ((why: Failure | undefined) => void)[] = [];
  /** By a member, while this node had no link: the list of this node may not know of it. */
  private turnedAway: { readonly why: Failure; readonly until: number } | undefined;
  private warnedAt = Number.NEGATIVE_INFINITY;
  private wasDenied = false;
  private isToReport = false;
  /** What followers know. */
  private reported: string | undefined;

  constructor(ports: OwnDenialPorts) {
    this.ports = ports;
  }

  follow(follower: (why: Failure | undefined) => void): void {
    this.followers.push(follower);
  }

  nextDeadline(): number {
    return this.turnedAway?.until ?? never;
  }

  deadline(now: number): void {
    if (now >= this.nextDeadline()) this.letIn();
  }

  /** The list, or what this node has proven, has changed. */
  check(): void {
    const own = this.ports.denial();
    if (own !== undefined) this.warn(failure('SKEIN_DENIED', ownDenialText(own)));
    else if (this.wasDenied) this.ports.agent().log('info', allowsAgain);
    this.wasDenied = own !== undefined;
    this.reportLater();
  }

  flush(): void {
    if (!this.isToReport) return;
    this.isToReport = false;
    const own = this.ports.denial();
    const why = own === undefined ? this.turnedAway?.why : failure('SKEIN_DENIED', ownDenialText(own));
    if (why?.message === this.reported) return;
    this.reported = why?.message;
    for (const follower of this.followers) follower(why);
  }

  /** Every neighbor that it had refuses it, at each attempt. */
  refused(why: Failure): void {
    this.warn(why);
    const { now, neighbors } = this.ports.agent();
    // The word of one member that turns this node away counts only where no other one has let it in.
    if (neighbors.size > 0) return;
    // The first one: they may name it differently.
    const first = this.turnedAway?.why ?? why;
    this.turnedAway = { why: first, until: now + denialLimits.denialTurnedAwayMs };
    this.reportLater();
  }

  /** A link has opened. */
  linked(): void {
    if (this.turnedAway !== undefined) this.letIn();
  }

  private letIn(): void {
    this.turnedAway = undefined;
    this.reportLater();
  }

  /** Not at once: at the start its followers have not started yet. */
  private reportLater(): void {
    this.isToReport = true;
    this.ports.agent().flushLater();
  }

  private warn(why: Failure): void {
    const agent = this.ports.agent();
    if (agent.now < this.warnedAt + denialLimits.denialWarnedMs) return;
    this.warnedAt = agent.now;
    agent.log('error', why.message, { code: why.code });
    this.ports.deliver(why);
  }
}
