/**
 * One connection to another node: frames in and out, heartbeats, the end.
 *
 * The kernel's neighborhood owns every link and is told what happens through `LinkOwner`. Invariant: no
 * frame but the link's own is handled before the handshake (handshake.ts) is over; whatever the other
 * end sends, the worst that follows is that this link closes.
 */
import type { DialPurpose, DownReason, LinkId, LinkStatistics, Neighbor, SecureStage } from '../contracts.ts';
import { type ErrorCode, type Failure, failure } from '../errors.ts';
import type { Instance } from '../identity.ts';
import { limits } from '../limits.ts';
import type { Outbox } from '../outbox.ts';
import { completeFrame, Frame, preface } from '../wire/frame.ts';
import { type Allocate, FrameSplitter } from '../wire/splitter.ts';
import { ControlType, controlFrame, goodbyeOf, goodbyeReason } from './control.ts';
import { Handshake, type HandshakeStep, type LinkRole, unreadable } from './handshake.ts';
import type { Hello } from './hello.ts';
import { Pulse } from './pulse.ts';
import { SendQueue } from './queue.ts';
import { encodeRefusal } from './refusal.ts';

type Phase =
  | { readonly name: 'connecting' }
  | { readonly name: 'handshake'; readonly handshake: Handshake }
  | { readonly name: 'open' }
  /** Nothing new is sent; what is queued still leaves. */
  | { readonly name: 'draining'; readonly until: number; readonly otherDone: boolean }
  | { readonly name: 'closed' };

export interface LinkOwner {
  readonly outbox: Outbox;
  readonly allocate: Allocate;
  /** Our hello for this link, encoded. */
  hello(link: Link): Uint8Array;
  /** The other end has proven itself: answer with `link.accept` or `link.refuse`, now or later. */
  decide(link: Link, now: number): void;
  /** Both ends have accepted. `otherHasAnother`: the other end already holds a link to us. */
  opened(link: Link, otherHasAnother: boolean, now: number): void;
  /** The first sign over the open link: the other end holds it open too. Called once. */
  confirmed(link: Link): void;
  /** A frame that is not the link's own. */
  frame(link: Link, frame: Frame, now: number): void;
  measured(link: Link, now: number): void;
  stalled(link: Link, stalled: boolean): void;
  /** Its silence has lasted too long: answer with `link.polled` once poll phases have passed. */
  silent(link: Link): void;
  /** The other end said no; `ended` follows. */
  refused(link: Link, refusal: Failure): void;
  /** No longer open (or never was). Called once. */
  ended(link: Link, reason: DownReason, detail: Failure | undefined, now: number): void;
  /** The socket is closed as well: forget the link. */
  gone(link: Link): void;
  /** Something was queued: `pump` this link at the end of the turn. */
  touched(link: Link): void;
  /** Its `nextDeadline` may be earlier than before. */
  hurried(link: Link): void;
  count(counter: string): void;
}

export class Link {
  readonly id: LinkId;
  readonly role: LinkRole;
  /** Of a dialer; see `purposeOf`. */
  readonly purpose: DialPurpose;
  readonly startedAt: number;
  /** The socket's other address. */
  address: string;
  /** The other end's hello, once its proof has held. */
  peer: Hello | undefined;
  /** Whom it leads to, as behaviors know it: set by the neighborhood while the link may bring frames. */
  neighbor: Neighbor | undefined;
  /** 0 until it opens. */
  openedAt = 0;
  /** Something came over this link since it opened: the other end surely holds it open too. */
  confirmed = false;
  /** Another life of the node at the other end, to which we were linked when behaviors were asked. */
  rival: Instance | undefined;
  /** When we accepted, we held another link to this node, and the other end had been heard on it. */
  rivalConfirmed = false;
  private phase: Phase = { name: 'connecting' };
  private readonly owner: LinkOwner;
  private readonly splitter: FrameSplitter;
  private readonly cursor = new Frame();
  private readonly queue = new SendQueue();
  private readonly pulse: Pulse;
  private now: number;
  private security: SecureStage | undefined;
  private hasEnded = false;
  private bytesIn = 0;
  private bytesOut = 0;
  private framesIn = 0;
  private framesOut = 0;
  private dropped = 0;

  constructor(
    owner: LinkOwner,
    id: LinkId,
    role: LinkRole,
    purpose: DialPurpose,
    address: string,
    now: number,
  ) {
    this.owner = owner;
    this.id = id;
    this.role = role;
    this.purpose = purpose;
    this.address = address;
    this.startedAt = now;
    this.now = now;
    this.splitter = new FrameSplitter(this, limits.helloBytesMax, owner.allocate);
    this.pulse = new Pulse(now);
  }

  get isOpen(): boolean {
    return this.phase.name === 'open';
  }

  /** Before open: the handshake, or the dial, is still under way. */
  get isPending(): boolean {
    return this.phase.name === 'connecting' || this.phase.name === 'handshake';
  }

  get isSuspect(): boolean {
    return this.pulse.isStalled;
  }

  get hasQueued(): boolean {
    return !this.queue.isEmpty;
  }

  get roundTripMs(): number | undefined {
    return this.pulse.roundTripMs;
  }

  get statistics(): LinkStatistics {
    return {
      roundTripMs: this.pulse.roundTripMs,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      framesIn: this.framesIn,
      framesOut: this.framesOut,
      queuedBytes: this.queue.queuedBytes,
      dropped: this.dropped,
      stalled: this.pulse.isStalled,
      key: this.security?.keyId,
    };
  }

  // ── the socket ────────────────────────────────────────────────────────────────────────────────────

  /** The socket is there. A dialer speaks first. */
  connected(address: string, security: SecureStage | undefined, now: number): void {
    this.now = now;
    this.address = address;
    this.security = security;
    const send = (type: number, payload: Uint8Array): void => this.sendControl(type, payload);
    const handshake = new Handshake(this.role, this.owner.hello(this), security, send);
    this.phase = { name: 'handshake', handshake };
  }

  receive(bytes: Uint8Array, now: number): void {
    if (this.phase.name === 'closed' || this.phase.name === 'connecting') return;
    this.now = now;
    this.bytesIn += bytes.length;
    if (this.pulse.heard(now)) this.owner.stalled(this, false);
    const frames = this.phase.name === 'handshake' ? this.phase.handshake.takePreface(bytes) : bytes;
    const problem = frames === undefined ? 'it does not speak skein' : this.splitter.push(frames);
    if (problem !== undefined) this.violation(problem);
  }

  /** The dial failed, or the socket closed under us. */
  lost(detail: Failure | undefined, now: number): void {
    if (this.phase.name === 'closed') return;
    const early = this.isPending
      ? failure('SKEIN_UNREACHABLE', `${this.address} closed the connection during the handshake`)
      : undefined;
    this.phase = { name: 'closed' };
    this.queue.clear();
    this.end('closed', detail ?? early, now);
    this.owner.gone(this);
  }

  /** Hands to the socket what it may have. Called at the end of each turn and after each flush. */
  pump(): void {
    if (this.phase.name === 'closed' || this.phase.name === 'connecting') return;
    const taken = this.queue.take();
    if (taken !== undefined) {
      this.bytesOut += taken.byteLength;
      this.owner.outbox.put({ type: 'write', link: this.id, ...taken });
    }
    this.finishDraining();
  }

  flushed(byteLength: number): void {
    this.queue.flushed(byteLength);
    this.pump();
  }

  // ── the handshake ─────────────────────────────────────────────────────────────────────────────────

  /** Our behaviors let it pass. `hasAnother`: we already hold another link to that node. */
  accept(hasAnother: boolean, now: number): void {
    if (this.phase.name !== 'handshake' || !this.phase.handshake.isDeciding) return;
    this.now = now;
    this.step(this.phase.handshake.accept(hasAnother));
  }

  refuse(refusal: Failure, now: number): void {
    if (this.phase.name !== 'handshake' || !this.phase.handshake.isDeciding) return;
    this.now = now;
    this.sendControl(ControlType.refuse, encodeRefusal(refusal));
    this.end('closed', refusal, now);
    this.drain(now, true);
  }

  /** Does what the handshake asks for; false once the link is closed. */
  private step(step: HandshakeStep): boolean {
    switch (step.next) {
      case 'wait':
        break;
      case 'decide':
        this.peer = step.peer;
        this.owner.decide(this, this.now);
        break;
      case 'refuse':
        this.refuse(step.failure, this.now);
        break;
      case 'open':
        this.open();
        break;
      case 'violation':
        return this.violation(step.text, step.code);
      case 'refused':
        this.owner.refused(this, step.failure);
        this.end('closed', step.failure, this.now);
        this.shut();
        break;
    }
    return !this.isClosed();
  }

  private open(): void {
    if (this.phase.name !== 'handshake') return;
    const { peer, otherHasAnother } = this.phase.handshake;
    this.phase = { name: 'open' };
    this.openedAt = this.now;
    this.splitter.frameBytesMax = limits.frameBytesMax;
    this.pulse.opened(this.now, peer?.stallToleranceMs ?? limits.stallToleranceMs);
    this.owner.hurried(this);
    this.owner.opened(this, otherHasAnother, this.now);
    // The round trip is known a heartbeat sooner if the first does not wait for the node's next beat.
    this.beat(this.now);
  }

  // ── frames ────────────────────────────────────────────────────────────────────────────────────────

  /** Queues one frame. False: the link is not open, or too much waits already. */
  send(bytes: Uint8Array, start: number, end: number, urgent = false): boolean {
    if (this.phase.name !== 'open') return false;
    if (this.queue.isFull && !urgent) {
      this.dropped++;
      this.owner.count('dropped.queue-full');
      return false;
    }
    this.framesOut++;
    this.owner.touched(this);
    if (!urgent) this.queue.push(bytes, start, end);
    else if (this.queue.queuedBytes < limits.linkUrgentBytesMax)
      this.queue.pushUrgent(bytes.slice(start, end));
    else return this.violation('it does not read what it is sent');
    return true;
  }

  /** The same for a frame made ahead of time: it gets its sequence and the rest of its payload in the buffer itself. */
  sendPrepared(head: Uint8Array, sequence: number, tail: Uint8Array): boolean {
    if (this.phase.name !== 'open') return false;
    if (this.queue.isFull) {
      this.dropped++;
      this.owner.count('dropped.queue-full');
      return false;
    }
    this.framesOut++;
    this.owner.touched(this);
    const length = head.length + tail.length;
    const at = this.queue.reserve(length);
    const { chunk } = this.queue;
    chunk.set(head, at);
    chunk.set(tail, at + head.length);
    completeFrame(chunk, at, length, sequence);
    return true;
  }

  /** From the splitter: one whole frame. */
  frame(bytes: Uint8Array, start: number, end: number): boolean {
    this.framesIn++;
    const { cursor, phase } = this;
    if (!cursor.read(bytes, start, end)) return this.step(unreadable(bytes, start, end));
    if (cursor.feature === 0) return this.control(cursor.type, cursor.payload);
    if (phase.name === 'handshake') return this.violation('a message before the handshake was over');
    this.confirm();
    this.owner.frame(this, cursor, this.now);
    return !this.isClosed();
  }

  private control(type: number, payload: Uint8Array): boolean {
    if (this.phase.name === 'handshake') {
      const step = this.phase.handshake.handle(type, payload);
      this.peer = this.phase.handshake.peer;
      return this.step(step);
    }
    switch (type) {
      case ControlType.heartbeat:
        return this.heartbeatReceived(payload);
      case ControlType.goodbye:
        return this.goodbyeReceived(payload);
      case ControlType.hello:
      case ControlType.proof:
      case ControlType.accept:
      case ControlType.refuse:
        return this.violation('a handshake after the handshake');
      default:
        // A later version's message: ignoring it is what lets versions differ by one.
        this.owner.count('link.unknown-control');
        return true;
    }
  }

  private heartbeatReceived(payload: Uint8Array): boolean {
    if (this.phase.name !== 'open') return true;
    this.confirm();
    const outcome = this.pulse.beatReceived(payload, this.now);
    if (outcome === 'cut-short') return this.violation('a heartbeat cut short');
    if (outcome === 'measured') this.owner.measured(this, this.now);
    return true;
  }

  private confirm(): void {
    if (this.confirmed) return;
    this.confirmed = true;
    this.owner.confirmed(this);
  }

  private goodbyeReceived(payload: Uint8Array): boolean {
    if (this.phase.name === 'draining') {
      this.phase = { ...this.phase, otherDone: true };
      this.finishDraining();
    } else if (this.phase.name === 'open') {
      this.sendControl(ControlType.goodbye, payload.slice(0, 1));
      this.end(goodbyeReason(payload), undefined, this.now);
      this.drain(this.now, true);
    }
    return !this.isClosed();
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    switch (this.phase.name) {
      case 'closed':
        return Number.POSITIVE_INFINITY;
      case 'draining':
        return this.phase.until;
      case 'open':
        return this.pulse.nextDeadline(this.now);
      default:
        return this.startedAt + limits.handshakeTimeoutMs;
    }
  }

  deadline(now: number): void {
    if (now < this.nextDeadline()) return;
    this.now = now;
    switch (this.phase.name) {
      case 'closed':
        return;
      case 'draining':
        return this.shut();
      case 'open':
        return this.watch(now);
      default:
        this.end(
          'closed',
          failure('SKEIN_TIMEOUT', `${this.address} did not finish the handshake in time`),
          now,
        );
        this.shut();
    }
  }

  forgive(lagMs: number, now: number): void {
    this.pulse.forgive(lagMs, now);
  }

  polled(now: number): void {
    if (this.phase.name !== 'open' || !this.pulse.isDead(now)) return;
    this.end('silent', undefined, now);
    this.shut();
  }

  /** Nothing has come for long. */
  private watch(now: number): void {
    if (this.pulse.stalls(now)) this.owner.stalled(this, true);
    if (this.pulse.needsPoll(now)) this.owner.silent(this);
  }

  /** Sends a heartbeat. */
  beat(now: number): void {
    if (this.phase.name !== 'open') return;
    this.sendControl(ControlType.heartbeat, this.pulse.beat(now));
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────

  /** Says goodbye, sends what is queued, closes. */
  close(reason: DownReason, now: number): void {
    if (this.phase.name === 'closed' || this.phase.name === 'draining') return;
    this.now = now;
    if (this.phase.name === 'open') {
      this.sendControl(ControlType.goodbye, goodbyeOf(reason));
      this.end(reason, undefined, now);
      this.drain(now, false);
    } else {
      this.end(reason, failure('SKEIN_CLOSED', `given up: ${reason}`), now);
      this.shut();
    }
  }

  private violation(text: string, code: ErrorCode = 'SKEIN_PROTOCOL'): false {
    this.owner.count('link.violations');
    const refusal = failure(code, `${this.address}: ${text}`);
    if (this.phase.name === 'handshake' && this.phase.handshake.canRefuse) {
      this.sendControl(ControlType.refuse, encodeRefusal(refusal));
      this.pump();
    }
    this.end('protocol', refusal, this.now);
    this.shut();
    return false;
  }

  /** @param otherDone The other end has nothing more to say (or was never open, so that it does not matter). */
  private drain(now: number, otherDone: boolean): void {
    if (this.phase.name === 'closed') return;
    this.phase = { name: 'draining', until: now + limits.drainTimeoutMs, otherDone };
    this.owner.hurried(this);
    this.pump();
  }

  private finishDraining(): void {
    if (this.phase.name === 'draining' && this.phase.otherDone && this.queue.isFlushed) this.shut();
  }

  private end(reason: DownReason, detail: Failure | undefined, now: number): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.owner.ended(this, reason, detail, now);
  }

  private shut(): void {
    if (this.phase.name === 'closed') return;
    this.phase = { name: 'closed' };
    this.queue.clear();
    this.owner.outbox.put({ type: 'close', link: this.id });
    this.owner.gone(this);
  }

  private isClosed(): boolean {
    return this.phase.name === 'closed';
  }

  private sendControl(type: number, payload: Uint8Array): void {
    const frame = controlFrame(type, payload);
    this.framesOut++;
    this.owner.touched(this);
    // A hello opens the stream. A listener's waits for the dialer's: whoever only listens in learns nothing.
    if (type === ControlType.hello) this.queue.pushUrgent(preface);
    // A goodbye comes after all that is queued; the handshake before anything, urgent frames included.
    if (type === ControlType.goodbye) this.queue.push(frame, 0, frame.length);
    else this.queue.pushUrgent(frame);
  }
}
