/**
 * The asking side of calls: each request at one node, asked about until its reply has come, or sent to another
 * node where that is certain to do no harm.
 *
 * Made by the calls behavior. Invariant: every call that was begun ends in exactly one outcome, at its deadline
 * at the latest. A request is sent again, or to another node, only once it is certain that it was not and will
 * not be carried out (it came back, was refused, is unknown there), or where its service says that twice does no
 * harm. What only may be lost is asked about: a question costs 36 bytes, whatever the request weighs.
 */
import type { BehaviorAgent, DropReason, NodeEntry, Returned } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { lifeOf, lifeTailOf } from '../../../kernel/life.ts';
import { limits } from '../../../kernel/limits.ts';
import { Awaited, type Awaiting } from '../../../kernel/parts/awaited.ts';
import { mayComeBack } from '../../../kernel/parts/reach.ts';
import { concatenate } from '../../../kernel/wire/bytes.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import * as failures from './call-failures.ts';
import type { CallsEvent, Outcome, Output, Request } from './calls-types.ts';
import { callLimits } from './limits.ts';
import { Peer } from './peers.ts';
import { Providers } from './providers.ts';
import {
  CallCursor,
  CallType,
  decodeFailure,
  decodeLife,
  encodeLife,
  encodeRequestHead,
  ReplyStatus,
} from './wire.ts';

/** A call under way. What the program gave with it is its own affair. */
export interface Call extends Awaiting {
  readonly request: Request;
  readonly handle: unknown;
  readonly deadline: number;
  /** Of the input, as it was: its memory may be the program's to take away. */
  readonly inputBytes: number;
  /** Changes when the request must be sent anew to a node that may believe to have had it. */
  number: number;
  peer: Peer;
  state: failures.CallState;
  askAt: number;
  askAfterMs: number;
  /** Said no, for certain. */
  tried: readonly NodeId[];
}

/** After a hop has said no, the topology gets this long to find another way. */
const retryMs = 100;
/** Replies that nobody hurries to be told of are told of after this. */
const tellAfterMs = 1000;

export class Asker {
  readonly counts = { asked: 0, answered: 0, failed: 0, timedOut: 0, askedAgain: 0 };
  private readonly agent: BehaviorAgent;
  private readonly life: number;
  private readonly lifeTail: number;
  private readonly providers: Providers;
  private readonly peers = new Map<NodeId, Peer>();
  private readonly calls = new Awaited<Call>();
  private readonly cursor = new CallCursor();
  /** Of all calls that are under way. */
  private inputBytes = 0;
  private outcomes: Outcome[] = [];
  private lastNumber = 0;
  private tellAt = Number.POSITIVE_INFINITY;

  constructor(agent: BehaviorAgent, availability: AvailabilityCore) {
    this.agent = agent;
    this.life = lifeOf(agent.self.instance);
    this.lifeTail = lifeTailOf(agent.self.instance);
    this.providers = new Providers({
      self: agent.self,
      routes: agent.routes,
      random: agent.random,
      availability,
      loadOf: (node) => this.peers.get(node)?.load ?? nothing,
    });
  }

  get unresolved(): number {
    return this.calls.size;
  }

  // ── the program ───────────────────────────────────────────────────────────────────────────────────

  /** The hot path: called by the api within a turn of the kernel. @returns the call, or why there is none. */
  call(request: Request, handle: unknown): Call | Failure {
    if (request.input.length > callLimits.callBytesMax) return failures.tooLarge(request.input.length);
    if (this.isFull(request)) return failures.tooMany();
    const peer = this.choose(request);
    if (!(peer instanceof Peer)) return peer;
    const { now } = this.agent;
    const call: Call = {
      request,
      handle,
      deadline: now + request.timeoutMs,
      inputBytes: request.input.length,
      number: ++this.lastNumber,
      peer,
      state: 'sent',
      askAt: now + limits.repeatAfterMs,
      askAfterMs: limits.repeatAfterMs,
      wakeAt: 0,
      tried: noNodes,
    };
    this.counts.asked++;
    this.inputBytes += call.inputBytes;
    peer.isAsked(call.inputBytes);
    this.calls.add(call.number, call, nextLook(call));
    this.transmit(call);
    return call;
  }

  private isFull({ input }: Request): boolean {
    const { size } = this.calls;
    return (
      size >= callLimits.callsUnresolvedMax ||
      (size > 0 && this.inputBytes + input.length > callLimits.callsBytesMax)
    );
  }

  /** A node that holds up as many calls as it may is passed over. */
  private choose(request: Request): Peer | Failure {
    let passedOver = noNodes;
    for (;;) {
      const node = this.providers.choose(request, passedOver);
      if (node === undefined)
        return passedOver.length === 0 ? this.nobody(request) : failures.tooManyThere(request);
      const peer = this.peerOf(node);
      if (!peer.isFullFor(request.input.length)) return peer;
      passedOver = [...passedOver, node];
    }
  }

  private nobody(request: Request): Failure {
    const unavailable = this.providers.unavailable(request.service);
    const { directory } = this.agent;
    const names = unavailable.map((node) => directory.get(node)?.name ?? 'an unknown node');
    return names.length === 0 ? failures.nobodyOffers(request) : failures.nobodyAvailable(request, names);
  }

  /** The program does not want it any more. False when it has ended already. */
  abort(call: Call): boolean {
    if (this.calls.get(call.number) !== call) return false;
    if (call.state !== 'unsent') this.cancel(call);
    this.drop(call);
    return true;
  }

  /** The node ends: whoever still waits is told now. */
  abandonAll(reason: Failure): void {
    for (const call of [...this.calls.all()]) {
      if (call.state !== 'unsent') this.cancel(call);
      this.fail(call, reason);
    }
  }

  /** What was given with the calls that are under way. */
  *handles(): Iterable<unknown> {
    for (const { handle } of this.calls.all()) yield handle;
  }

  // ── on the way ────────────────────────────────────────────────────────────────────────────────────

  private peerOf(node: NodeId): Peer {
    let peer = this.peers.get(node);
    if (peer === undefined) {
      peer = new Peer(node, this.agent);
      this.peers.set(node, peer);
    }
    return peer;
  }

  private transmit(call: Call): void {
    this.look(call.peer, call);
    call.state = 'sent';
    const dropped = this.hand(call);
    if (dropped !== undefined) this.notTaken(call, dropped);
  }

  private hand({ peer, number, request, deadline }: Call): DropReason | undefined {
    const { service, encoding, input } = request;
    const timeoutMs = deadline - this.agent.now;
    if (peer.node !== this.agent.self.id) {
      return this.agent.sendPrepared(peer.head(service, encoding, timeoutMs), number, input);
    }
    const { life, lifeTail } = this;
    const head = encodeRequestHead({ life, lifeTail, forLife: life, timeoutMs, service, encoding });
    const options = { type: CallType.request, sequence: number };
    const [unsent] = this.agent.send({ to: 'node', node: peer.node }, concatenate([head, input]), options);
    return unsent?.reason;
  }

  /** It is looked at at another time than was said. */
  private schedule(call: Call): void {
    this.calls.move(call.number, call, nextLook(call));
  }

  // ── what comes back ───────────────────────────────────────────────────────────────────────────────

  /** False when it is malformed. */
  replied(frame: Frame): boolean {
    const { cursor } = this;
    if (!cursor.readReply(frame)) return false;
    const call = cursor.life === this.life ? this.calls.get(frame.sequence) : undefined;
    // Answered already, given up, or asked elsewhere meanwhile.
    if (call === undefined || call.peer.node !== frame.source) return true;
    switch (cursor.status) {
      case ReplyStatus.done:
        this.answered(call);
        this.end(call, { encoding: cursor.encoding, bytes: cursor.body() }, undefined);
        this.counts.answered++;
        return true;
      case ReplyStatus.failed: {
        const remote = decodeFailure(cursor.body());
        if (remote === undefined) return false;
        this.answered(call);
        this.fail(call, failures.hasFailed(call.request, this.nameOf(call), remote));
        return true;
      }
      case ReplyStatus.refused:
        this.tryNext(call, failures.doesNotOffer(call.request, this.nameOf(call)));
        return true;
      case ReplyStatus.busy:
        this.tryNext(call, failures.isBusy(call.request, this.nameOf(call), call.tried.length));
        return true;
      case ReplyStatus.working:
        call.state = 'taken';
        return true;
      case ReplyStatus.unknown:
        this.unknown(call);
        return true;
      case ReplyStatus.otherLife:
        this.sendLater(call);
        return true;
      case ReplyStatus.lost:
        this.fail(call, failures.answerWasLost(call.request, this.nameOf(call)));
        return true;
    }
  }

  private answered(call: Call): void {
    this.calls.delete(call.number);
    this.inputBytes -= call.inputBytes;
    call.peer.hasAnswered(call.number, this.cursor.bodyBytes, this.cursor.load, call.request.input.length);
    if (this.tellAt === Number.POSITIVE_INFINITY) this.tellAt = this.agent.now + tellAfterMs;
  }

  /** A hop could not pass a request on: its only copy has come to nothing. */
  returned({ type, sequence, nodes, reason }: Returned): void {
    const call = type === CallType.request ? this.calls.get(sequence) : undefined;
    if (call === undefined || !nodes.includes(call.peer.node) || call.state === 'taken') return;
    this.notTaken(call, reason);
  }

  /** Certain: it has not been carried out, and this copy will not be. */
  private notTaken(call: Call, reason: DropReason): void {
    if (reason === 'busy')
      return this.tryNext(call, failures.isBusy(call.request, this.nameOf(call), call.tried.length));
    if (reason === 'refused') return this.tryNext(call, failures.takesNoCalls(this.nameOf(call)));
    const next = this.otherThan(call);
    if (next !== undefined) return this.tryAt(call, next);
    if (!mayComeBack(this.agent, call.peer.node))
      return this.fail(call, failures.isOutOfReach(call.request, this.nameOf(call)));
    this.sendLater(call);
  }

  /** A way to its node, or the record of its new life, is a moment off. */
  private sendLater(call: Call): void {
    call.state = 'unsent';
    call.askAt = this.agent.now + retryMs;
    this.schedule(call);
  }

  private tryNext(call: Call, reason: Failure): void {
    const next = this.otherThan(call);
    if (next === undefined) this.fail(call, reason);
    else this.tryAt(call, next);
  }

  /** Another node that has not been tried. */
  private otherThan({ request, tried, peer }: Call): NodeId | undefined {
    return this.providers.choose(request, [...tried, peer.node]);
  }

  private tryAt(call: Call, node: NodeId): void {
    call.tried = [...call.tried, call.peer.node];
    call.peer.isOver(call.inputBytes);
    call.peer = this.peerOf(node);
    call.peer.isAsked(call.inputBytes);
    this.again(call);
  }

  /** Its node has been asked, and never had it. */
  private unknown(call: Call): void {
    // Only an answer to a question: else a node that always says so would keep us busy.
    if (call.state !== 'asked' && call.state !== 'taken') return;
    const { instance } = call.peer;
    const isSameLife = instance !== undefined && decodeLife(this.cursor.body()) === lifeOf(instance);
    if (call.state === 'taken' || !isSameLife) this.gone(call);
    else this.again(call);
  }

  /** Under another number: the one before is over at its node, or may be. */
  private again(call: Call): void {
    this.counts.askedAgain++;
    this.calls.delete(call.number);
    call.number = ++this.lastNumber;
    call.askAfterMs = limits.repeatAfterMs;
    call.askAt = this.agent.now + call.askAfterMs;
    this.calls.add(call.number, call, nextLook(call));
    this.transmit(call);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    return Math.min(this.calls.nextDeadline(), this.tellAt);
  }

  deadline(now: number): void {
    for (const call of this.calls.due(now)) if (this.calls.get(call.number) === call) this.due(call, now);
    if (now >= this.tellAt) this.tell(true);
  }

  private due(call: Call, now: number): void {
    if (now >= call.deadline) return this.timedOut(call);
    if (call.state === 'unsent') return this.again(call);
    const isLost = call.state === 'lost' && !mayComeBack(this.agent, call.peer.node);
    if (isLost) return this.fail(call, failures.wasLost(call.request, this.nameOf(call)));
    this.ask(call);
  }

  private ask(call: Call): void {
    if (call.state !== 'taken') call.state = 'asked';
    call.askAfterMs = Math.min(call.askAfterMs * 2, limits.repeatAfterMsMax);
    call.askAt = this.agent.now + call.askAfterMs;
    this.counts.askedAgain++;
    this.tellOf(call, CallType.ask);
    this.schedule(call);
  }

  private timedOut(call: Call): void {
    this.counts.timedOut++;
    if (call.state !== 'unsent') this.cancel(call);
    this.fail(call, failures.timedOut(call.request, this.nameOf(call), call.state));
  }

  // ── the mesh ──────────────────────────────────────────────────────────────────────────────────────

  /** What went by another way may be lost: its node is asked, by the new one. */
  rerouted(): void {
    for (const peer of [...this.peers.values()]) if (peer.load.own > 0) this.look(peer, undefined);
  }

  /** @param leaving A call that is about to leave: the others there are concerned. */
  private look(peer: Peer, leaving: Call | undefined): void {
    const { moved, restarted } = peer.look();
    if (!moved && !restarted) return;
    for (const call of this.callsAt(peer)) {
      if (call === leaving) continue;
      if (restarted && call.state !== 'unsent') this.gone(call);
      else this.hurry(call);
    }
  }

  private hurry(call: Call): void {
    call.askAt = this.agent.now;
    this.schedule(call);
  }

  nodeDown(node: NodeEntry, reason: 'lost' | 'left'): void {
    const peer = this.peers.get(node.id);
    if (peer === undefined) return;
    for (const call of this.callsAt(peer)) this.lost(call, reason);
    if (peer.isIdle) this.peers.delete(node.id);
  }

  private lost(call: Call, reason: 'lost' | 'left'): void {
    if (call.state === 'unsent') return this.notTaken(call, 'no-route');
    if (reason === 'left') return this.gone(call);
    const next = call.request.idempotent ? this.otherThan(call) : undefined;
    if (next !== undefined) return this.tryAt(call, next);
    call.state = 'lost';
    call.askAt = this.agent.now + limits.routeGraceMs;
    this.schedule(call);
  }

  /** The life that was asked is over: it may have carried the request out, or not. */
  private gone(call: Call): void {
    if (!call.request.idempotent) return this.fail(call, failures.wasLost(call.request, this.nameOf(call)));
    const next = this.otherThan(call);
    if (next !== undefined) this.tryAt(call, next);
    else if (this.agent.directory.get(call.peer.node)?.reachable === true) this.again(call);
    else this.fail(call, failures.wasLost(call.request, this.nameOf(call)));
  }

  private callsAt(peer: Peer): Call[] {
    return [...this.calls.all()].filter((call) => call.peer === peer);
  }

  // ── the end of a call ─────────────────────────────────────────────────────────────────────────────

  /** Nobody waits for it: work on it that has not begun must not, and the rest should stop. */
  private cancel(call: Call): void {
    this.tellOf(call, CallType.cancel);
  }

  private tellOf({ peer, number }: Call, type: number): void {
    this.agent.send({ to: 'node', node: peer.node }, encodeLife(this.life), { type, sequence: number });
  }

  private fail(call: Call, reason: Failure): void {
    this.counts.failed++;
    this.drop(call);
    this.end(call, undefined, reason);
  }

  /** Without an answer. */
  private drop(call: Call): void {
    if (!this.calls.delete(call.number)) return;
    this.inputBytes -= call.inputBytes;
    call.peer.isOver(call.inputBytes);
  }

  private end({ handle }: Call, output: Output | undefined, reason: Failure | undefined): void {
    this.outcomes.push({ handle, output, failure: reason });
    this.agent.flushLater();
  }

  flush(): void {
    if (this.outcomes.length > 0) {
      const { outcomes } = this;
      this.outcomes = [];
      this.agent.deliver({ type: 'outcomes', outcomes } satisfies CallsEvent);
      this.tell(false);
    }
  }

  private tell(isTime: boolean): void {
    for (const peer of this.peers.values()) {
      peer.tell(this.life, isTime);
      if (isTime && peer.isIdle) this.peers.delete(peer.node);
    }
    if (isTime) this.tellAt = Number.POSITIVE_INFINITY;
  }

  private nameOf({ peer }: Call): string {
    return this.agent.directory.get(peer.node)?.name ?? 'its node';
  }
}

function nextLook({ askAt, deadline }: Call): number {
  return Math.min(askAt, deadline);
}

const noNodes: readonly NodeId[] = [];
const nothing = { ofOthers: 0, own: 0 };
