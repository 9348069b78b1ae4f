/**
 * Denials: nodes that all members shut out, by name and by identity, without a new mesh key.
 *
 * A behavior. Every member keeps the list, also in a file of its machine; neighbors compare lists as a link opens, and pass
 * on what changes. Invariant: what is denied here has no link to this node, is in none of its routes, and is not heard; a
 * node that is denied itself stays, so that it is a member again as soon as it is allowed.
 */
import type {
  Behavior,
  BehaviorAgent,
  DiagnosticCalls,
  Finding,
  KernelEvent,
  LifecycleCalls,
  LinkCalls,
  MeshCalls,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { type Instance, idOf, type NodeId } from '../../../kernel/identity.ts';
import type { IdentityCore } from '../../identity/core/shared.ts';
import { type Denial, isIdentity } from './denial.ts';
import { DenialList } from './denial-list.ts';
import { Exchange, type ExchangeShape } from './exchange.ts';
import { denialLimits } from './limits.ts';
import type { DenialFile } from './list-file.ts';
import { ListKeeper } from './list-keeper.ts';
import { OwnDenial } from './own-denial.ts';
import type { DenialsCore } from './shared.ts';
import { denialText, ownDenialText, summaryOf } from './texts.ts';
import { DenialType, encodeDenials } from './wire.ts';

export const denialsFeature = 'denials';

export interface DenialsShape extends ExchangeShape {
  /** This node is denied by others. */
  readonly event: { readonly type: 'denied'; readonly why: Failure };
}

const never = Number.POSITIVE_INFINITY;

export class Denials implements Behavior<DenialsShape>, DenialsCore {
  readonly name = denialsFeature;
  readonly lifecycle: LifecycleCalls<DenialsShape> = { started: (agent) => this.started(agent) };
  readonly timers: TimerCalls<DenialsShape> = {
    nextDeadline: () => Math.min(this.publishAt, this.own.nextDeadline()),
    deadline: (_agent, now) => {
      if (now >= this.publishAt) this.publish();
      this.own.deadline(now);
    },
    flush: () => this.flush(),
  };
  readonly links: LinkCalls<DenialsShape> = {
    incomingUp: () => this.linked(),
    outgoingUp: () => this.linked(),
    handlerEvent: (_agent, _neighbor, { denials }) => this.learn(denials),
  };
  readonly mesh: MeshCalls<DenialsShape> = { event: (_agent, event) => this.event(event) };
  readonly diagnostics: DiagnosticCalls<DenialsShape> = {
    explain: (_agent, node) => this.explain(node),
    status: () => ({ denied: this.list.size, notTaken: this.notTaken }),
  };
  private readonly identity: IdentityCore;
  private readonly keeper: ListKeeper | undefined;
  private readonly list = new DenialList((denial) => this.letInAgain.push(denial));
  /** Denied until others took their places in a list that is full; to be reported. */
  private letInAgain: Denial[] = [];
  private agent!: BehaviorAgent<DenialsShape>;
  private readonly followers: ((changed: readonly Denial[]) => void)[] = [];
  private readonly own = new OwnDenial({
    agent: () => this.agent,
    denial: () => this.ownDenial(),
    deliver: (why) => this.agent.deliver({ type: 'denied', why }),
  });
  /** What neighbors have not been sent yet, by key. */
  private unsent: Denial[] = [];
  /** Incarnations that have proven an identity that is denied, under whatever name. */
  private readonly incarnations = new Map<Instance, string>();
  /** Nodes that have proven one in this turn. */
  private readonly toCheck = new Set<NodeId>();
  private publishAt = never;
  private publishedAt = Number.NEGATIVE_INFINITY;
  private isChanged = false;
  private notTaken = 0;

  constructor(identity: IdentityCore, file: DenialFile | undefined) {
    this.identity = identity;
    this.keeper = file === undefined ? undefined : new ListKeeper(file);
    identity.onProven((node) => {
      this.toCheck.add(node);
      if (!this.list.isEmpty) this.agent.flushLater();
    });
  }

  // ── for features ──────────────────────────────────────────────────────────────────────────────────

  denied(): readonly Denial[] {
    return this.list.all();
  }

  entries(): readonly Denial[] {
    return this.list.entries();
  }

  identityOf(name: string): string | undefined {
    return this.identity.identityOf(idOf(name)) ?? (this.list.ofNode(idOf(name))?.identity || undefined);
  }

  deny(name: string, identity: string): Denial | Failure {
    const known = this.list.known(`${name} ${identity}`);
    if (known?.isDenied === true) return known;
    if (this.list.isFull)
      return failure(
        'SKEIN_BUSY',
        `${denialLimits.denialsMax} nodes are denied already: allow some of them, or make a new mesh key without them`,
      );
    return this.change(name, identity, true);
  }

  allow(nameOrIdentity: string): readonly Denial[] | Failure {
    const meant = this.list
      .all()
      .filter(({ name, identity }) => name === nameOrIdentity || identity === nameOrIdentity);
    if (meant.length > 0) return meant.map(({ name, identity }) => this.change(name, identity, false));
    const what = isIdentity(nameOrIdentity) ? 'no node with that name or identity' : 'no node of that name';
    return failure('SKEIN_UNKNOWN_NODE', `${nameOrIdentity}: ${what} is denied; see skein node deny --list`);
  }

  learn(denials: readonly Denial[]): void {
    // First what makes room.
    const inOrder = [...denials].sort((a, b) => Number(a.isDenied) - Number(b.isDenied));
    const changed = inOrder.filter((denial) => {
      const taken = this.list.take(denial);
      if (taken === 'full' || taken === 'unfit') this.notTaken++;
      return taken === 'newer';
    });
    this.changed(changed);
    this.reportLetIn();
  }

  onChanged(follower: (changed: readonly Denial[]) => void): void {
    this.followers.push(follower);
  }

  onOwn(follower: (why: Failure | undefined) => void): void {
    this.own.follow(follower);
  }

  // ── changes ───────────────────────────────────────────────────────────────────────────────────────

  private change(name: string, identity: string, isDenied: boolean): Denial {
    const { self, wallNow } = this.agent;
    const version = (this.list.known(`${name} ${identity}`)?.version ?? 0) + 1;
    const since = Math.max(0, Math.floor(wallNow));
    const denial = { name, identity, version, isDenied, since, by: self.name };
    this.list.take(denial);
    this.changed([denial]);
    // Who has asked for it is answered once it lasts.
    this.save();
    return denial;
  }

  private changed(changed: readonly Denial[]): void {
    if (changed.length === 0) return;
    const { agent } = this;
    this.unsent.push(...changed);
    this.isChanged = true;
    agent.log('warn', summaryOf(changed));
    if (this.publishAt === never)
      this.publishAt = Math.max(agent.now, this.publishedAt + denialLimits.denialGapMs);
    agent.flushLater();
    for (const follower of this.followers) follower(changed);
  }

  private reportLetIn(): void {
    const [first] = this.letInAgain;
    if (first === undefined) return;
    const count = this.letInAgain.length;
    this.letInAgain = [];
    this.notTaken += count;
    const what = `members have denied more than ${denialLimits.denialsMax} nodes: of these the earliest count`;
    this.agent.log(
      'error',
      `${what}; ${count} are shut out no more, ${first.name} among them: make a new mesh key`,
    );
  }

  private flush(): void {
    if (this.agent.now >= this.publishAt) this.publish();
    this.apply();
    this.own.flush();
  }

  /** Also to those that it shuts out: they learn why. */
  private publish(): void {
    this.publishAt = never;
    this.publishedAt = this.agent.now;
    const known = new Map(this.unsent.map((each) => [`${each.name} ${each.identity}`, each]));
    this.unsent = [];
    if (known.size === 0) return;
    // Where there is no room for all, who has room again must hear of what it had none for.
    const isWhole = this.list.isCrowded || known.size > denialLimits.denialsMax;
    const bytes = encodeDenials(isWhole ? this.list.entries() : [...known.values()]);
    for (const { link, features } of this.agent.neighbors.values())
      if (features.includes(denialsFeature))
        this.agent.sendOnLink(link, bytes, { type: DenialType.list, urgent: true });
    this.save();
  }

  private save(): void {
    const before = this.keeper?.save(this.list.entries(), (text) => this.agent.log('error', text));
    // Another node of this machine has kept them.
    if (before !== undefined) this.learn(before);
  }

  // ── what follows from the list ────────────────────────────────────────────────────────────────────

  private apply(): void {
    const { agent, incarnations, isChanged } = this;
    this.isChanged = false;
    const count = incarnations.size;
    const isOwnProven = this.toCheck.has(agent.self.id);
    this.checkProven(isChanged);
    if (!isChanged && incarnations.size === count) return isOwnProven ? this.own.check() : undefined;
    for (const [instance, identity] of incarnations)
      if (this.list.ofIdentity(identity) === undefined) incarnations.delete(instance);
    agent.shutOut(this.list.isEmpty ? undefined : (node, instance) => this.whyShutOut(node, instance));
    this.own.check();
  }

  private checkProven(isAll: boolean): void {
    const { directory, self } = this.agent;
    const nodes = isAll ? [...directory.entries()].map(({ id }) => id) : [...this.toCheck];
    this.toCheck.clear();
    for (const node of nodes) {
      const identity = this.identity.identityOf(node);
      const instance = directory.get(node)?.instance;
      if (node === self.id || identity === undefined || instance === undefined) continue;
      if (this.list.ofIdentity(identity) === undefined) continue;
      this.incarnations.set(instance, identity);
      if (this.incarnations.size > denialLimits.denialsMax)
        this.incarnations.delete(this.incarnations.keys().next().value as Instance);
    }
  }

  private whyShutOut(node: NodeId, instance: Instance | undefined): Failure | undefined {
    // A node that is denied must find those that allow it again.
    if (node === this.agent.self.id) return undefined;
    const identity = instance === undefined ? undefined : this.incarnations.get(instance);
    const denial =
      this.list.ofNode(node) ?? (identity === undefined ? undefined : this.list.ofIdentity(identity));
    return denial === undefined ? undefined : failure('SKEIN_DENIED', denialText(denial));
  }

  private ownDenial(): Denial | undefined {
    const { id } = this.agent.self;
    const own = this.identity.identityOf(id);
    return this.list.ofNode(id) ?? (own === undefined ? undefined : this.list.ofIdentity(own));
  }

  private linked(): Exchange {
    this.own.linked();
    return new Exchange(() => this.entries());
  }

  // ── from the kernel ───────────────────────────────────────────────────────────────────────────────

  private started(agent: BehaviorAgent<DenialsShape>): void {
    this.agent = agent;
    const kept = this.keeper?.load((text) => agent.log('error', text)) ?? [];
    for (const denial of kept) this.list.restore(denial);
    this.isChanged = kept.length > 0;
    this.apply();
  }

  private event(event: KernelEvent): void {
    if (event.type !== 'refused' || event.failure.code !== 'SKEIN_DENIED') return;
    const text = `${event.address} has refused this node: ${event.failure.message}`;
    this.own.refused(failure('SKEIN_DENIED', text));
  }

  private explain(node: string | undefined): Finding[] {
    const { self } = this.agent;
    const isOwn = node === undefined || node === self.name;
    const denial = isOwn ? this.ownDenial() : this.list.ofNode(idOf(node));
    if (denial === undefined) return [];
    return [{ code: 'denied', text: isOwn ? ownDenialText(denial) : denialText(denial) }];
  }
}
