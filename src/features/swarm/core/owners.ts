/**
 * Whose name it is: who may act in a name, who hears that it may not, and which names may be forgotten.
 *
 * Made by the swarm's behavior; at work while it is the broker with an open store, but for refusals of others. Invariant:
 * a refusal is said once to each incarnation, and reported here.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId, nameProblem } from '../../../kernel/identity.ts';
import { lifeOf } from '../../../kernel/life.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import type { IdentityCore } from '../../identity/core/shared.ts';
import { PinWrites } from './pin-writes.ts';
import { type Admitted, Pins } from './pins.ts';
import { encodeRefusal } from './question-wire.ts';
import { Refusals } from './refusals.ts';
import type { Answer, Questioner } from './shared.ts';
import type { SwarmShape } from './swarm-types.ts';

export interface OwnersPorts {
  readonly identity: IdentityCore;
  agent(): BehaviorAgent<SwarmShape>;
  /** The store is open: its pins are known. */
  isOpen(): boolean;
  /** To one incarnation alone. */
  reply(end: LineEnd, message: Uint8Array): void;
}

export class Owners {
  readonly pins: Pins;
  private readonly ports: OwnersPorts;
  private readonly writes: PinWrites;
  private readonly refusals = new Refusals();

  constructor(ports: OwnersPorts) {
    this.ports = ports;
    this.writes = new PinWrites({
      now: () => ports.agent().now,
      write: (pin) => ports.agent().store('pin', pin),
    });
    this.pins = new Pins({
      now: () => ports.agent().now,
      identityOf: (node) => ports.identity.identityOf(node),
      isCurrent: (from) => this.isCurrent(from),
      mayProve: (node) => ports.identity.canCheck && node !== ports.agent().self.id,
      isHere: (node) => ports.agent().directory.get(node)?.reachable === true,
      pinned: (pin) => this.writes.pinned(pin),
    });
  }

  /** What the store has is loaded. */
  opened(): void {
    const isKnown = (name: string): boolean => this.pins.identityOf(name) !== undefined;
    this.pins.loaded(this.writes.missing(isKnown));
  }

  /** @param isElsewhere Another node is the one to keep the swarm. */
  closed(isElsewhere: boolean): void {
    if (!isElsewhere) return this.pins.closed();
    this.pins.clear();
    this.writes.clear();
  }

  /** An operation of the store has ended: it may be one of these. */
  completed(token: number, isWritten: boolean): void {
    this.writes.completed(token, isWritten);
  }

  /** Without the pins nobody may be let in. */
  nextDeadline(): number {
    const { pins, writes, ports } = this;
    return ports.isOpen() ? Math.min(pins.nextDeadline(), writes.nextDeadline()) : Number.POSITIVE_INFINITY;
  }

  deadline(now: number): void {
    if (!this.ports.isOpen()) return;
    this.pins.deadline(now);
    this.writes.deadline(now);
  }

  admit(from: Questioner, act: Admitted): void {
    this.pins.admit(from, (refusal) => {
      if (refusal !== undefined) this.refuse(from, refusal);
      act(refusal);
    });
  }

  /** A node has proven an identity, or is here as the store opens. @returns its name, where it was refused before. */
  proven(node: NodeId): string | undefined {
    const entry = this.ports.agent().directory.get(node);
    if (entry === undefined) return undefined;
    const { name, instance } = entry;
    const refusal = this.pins.proven(node, name);
    const end = { node, life: lifeOf(instance) };
    if (refusal !== undefined) this.refuse({ ...end, name }, refusal);
    else if (this.ports.identity.identityOf(node) !== undefined && this.refusals.takeBack(end)) return name;
    return undefined;
  }

  /** The broker has refused this node. */
  wasRefused(why: Failure): void {
    if (this.refusals.mayReport(this.ports.agent().now)) this.report(why);
  }

  /** A node that is here with the identity of its name would be seen again at once. */
  whyNotForget(name: unknown, isSeen: boolean): Failure | undefined {
    const { identity, agent } = this.ports;
    if (typeof name !== 'string' || nameProblem(name) !== undefined)
      return failure('SKEIN_INVALID', `forget: ${nameProblem(name)}`);
    const pin = this.pins.identityOf(name);
    const node = idOf(name);
    const isHere = name === agent().self.name || agent().directory.get(node)?.reachable === true;
    if (isHere && (pin === undefined || identity.identityOf(node) === pin))
      return failure('SKEIN_REFUSED', `${name} is here: stop it first`);
    if (pin !== undefined || isSeen) return undefined;
    return failure('SKEIN_UNKNOWN_NODE', `the swarm has never seen ${name}`);
  }

  /** Which identity a name is pinned to, and whether the swarm has ever seen it. */
  answerIdentity(input: unknown, swarm: { hasSeen(name: string): boolean }, reply: Answer): void {
    const { name } = (input ?? {}) as { readonly name?: unknown };
    const isName = typeof name === 'string';
    const identity = isName ? (this.pins.identityOf(name) ?? '') : '';
    reply.answer(JSON.stringify({ identity, isSeen: isName && swarm.hasSeen(name) }));
  }

  forget(name: string): void {
    this.pins.forget(name);
    this.writes.forget(name);
    this.refusals.forget(idOf(name));
  }

  private refuse(from: Questioner, refusal: Failure): void {
    const { reply, agent } = this.ports;
    if (!this.refusals.isFirst(from)) return;
    reply(from, encodeRefusal(refusal));
    if (from.node !== agent().self.id)
      this.report(failure(refusal.code, `a node named ${from.name}: ${refusal.message}`));
  }

  private report(why: Failure): void {
    const agent = this.ports.agent();
    agent.log('warn', why.message, { code: why.code });
    agent.deliver({ type: 'refused', why });
  }

  private isCurrent({ node, life }: LineEnd): boolean {
    const entry = this.ports.agent().directory.get(node);
    return entry !== undefined && lifeOf(entry.instance) === life;
  }
}
