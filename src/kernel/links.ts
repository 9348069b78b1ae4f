/**
 * All links of one node, whatever they lead to: how each begins, when it must be looked at, what it writes.
 *
 * Who calls it: the kernel for its sockets and its time, the neighborhood for what its links ask for. Invariant:
 * a link is here from its dial, or its socket, until its socket is closed; and `nextDeadline` is never later
 * than any link's own.
 */
import type { Context } from './context.ts';
import type { DialPurpose, DownReason, LinkId, SecureStage } from './contracts.ts';
import { limits } from './limits.ts';
import { Link, type LinkOwner } from './link/link.ts';
import { Polls } from './link/polls.ts';

/** Of links that came in: they are what the dialer's hello says. */
const notDialed: DialPurpose = { feature: 0, reason: 0, isPrivate: false };

export class Links {
  private readonly context: Context;
  private readonly owner: LinkOwner;
  private readonly byId = new Map<LinkId, Link>();
  /** They have something to write at the end of this turn. */
  private readonly touched = new Set<Link>();
  private readonly polls: Polls;
  /** When some link's deadline may have come. */
  private lookAt = Number.POSITIVE_INFINITY;
  private closing = false;
  /** The highest number given so far. */
  last: LinkId;

  /** @param owner Of each link. */
  constructor(context: Context, owner: LinkOwner) {
    this.context = context;
    this.owner = owner;
    this.polls = new Polls(context.outbox);
    this.last = context.config.firstLink ?? 0;
  }

  get isEmpty(): boolean {
    return this.byId.size === 0;
  }

  /** Handshakes of others with us that are under way. */
  get openingCount(): number {
    let count = 0;
    for (const link of this.byId.values()) if (link.isPending && link.role === 'listener') count++;
    return count;
  }

  get hasQueued(): boolean {
    for (const link of this.byId.values()) if (link.hasQueued) return true;
    return false;
  }

  get(id: LinkId): Link | undefined {
    return this.byId.get(id);
  }

  // ── the beginning and the end ─────────────────────────────────────────────────────────────────────

  /** @throws TypeError when the reason does not fit a byte. */
  dial(address: string, purpose: DialPurpose, avoid: readonly string[] = []): LinkId {
    checkReason(purpose.reason);
    const link = this.create('dialer', purpose, address);
    const { dialTimeoutMs: timeoutMs } = limits;
    this.context.outbox.put({ type: 'dial', link: link.id, address, timeoutMs, avoid });
    return link.id;
  }

  accepted(address: string, security: SecureStage | undefined): LinkId {
    const link = this.create('listener', notDialed, address);
    if (this.closing) this.turnAway(link);
    else link.connected(address, security, this.context.now);
    if (this.openingCount > limits.handshakesMax) this.turnAway(this.leastProven());
    return link.id;
  }

  private create(role: 'dialer' | 'listener', purpose: DialPurpose, address: string): Link {
    const link = new Link(this.owner, ++this.last, role, purpose, address, this.context.now);
    this.byId.set(link.id, link);
    this.hurry(link);
    return link;
  }

  /** The oldest that has proven nothing: an honest one has, two round trips after it came. */
  private leastProven(): Link {
    const pending = [...this.byId.values()].filter((link) => link.isPending && link.role === 'listener');
    return pending.find(({ peer }) => peer === undefined) ?? (pending.at(-1) as Link);
  }

  private turnAway(link: Link): void {
    this.context.count('links.refused');
    link.close('stopped', this.context.now);
  }

  closeAll(reason: DownReason): void {
    this.closing = true;
    for (const link of [...this.byId.values()]) link.close(reason, this.context.now);
  }

  forget(link: Link): void {
    this.byId.delete(link.id);
    this.touched.delete(link);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  /** Not later than any link's: what they hear moves their deadlines back, and nobody looks after each frame. */
  nextDeadline(): number {
    return this.lookAt;
  }

  /** A link's deadline may be earlier than before. */
  hurry(link: Link): void {
    this.lookAt = Math.min(this.lookAt, link.nextDeadline());
  }

  deadline(now: number): void {
    if (now < this.lookAt) return;
    for (const link of [...this.byId.values()]) link.deadline(now);
    this.lookAgain();
  }

  private lookAgain(): void {
    this.lookAt = Number.POSITIVE_INFINITY;
    for (const link of this.byId.values()) this.hurry(link);
  }

  /** It has heard nothing for long: poll phases are to pass before that means anything. */
  wantPoll(link: Link): void {
    this.polls.want(link);
  }

  polled(): void {
    this.polls.polled(this.context.now);
    this.lookAgain();
  }

  forgive(lagMs: number): void {
    for (const link of this.byId.values()) link.forgive(lagMs, this.context.now);
  }

  /** Heartbeats leave on all links at once: a node of many links wakes no more often for them than one of few. */
  beat(now: number): void {
    for (const link of this.byId.values()) link.beat(now);
  }

  // ── bytes ─────────────────────────────────────────────────────────────────────────────────────────

  /** It has queued something: `pump` hands it over. */
  touch(link: Link): void {
    this.touched.add(link);
  }

  /** Hands each link's gathered bytes to its socket. */
  pump(): void {
    for (const link of this.touched) link.pump();
    this.touched.clear();
  }
}

function checkReason(reason: number): void {
  if (Number.isInteger(reason) && reason >= 0 && reason <= 255) return;
  throw new TypeError(`dial: the reason ${reason} is not a whole number from 0 to 255`);
}
