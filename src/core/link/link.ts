/**
 * One connection to another node: handshake, frames in and out, heartbeats, the end.
 *
 * The kernel owns every link and is told what happens through `LinkOwner`. Invariant: no frame but the
 * link's own is handled before both ends have proven themselves and accepted; whatever the other end
 * sends, the worst that follows is that this link closes.
 *
 * The handshake (D dials, L listens; `proof` is empty on plain links):
 * ```
 * D -> L  preface, hello        L -> D  preface, hello
 * D -> L  proof                 L -> D  proof            nothing of a hello is parsed before its proof holds
 *                               L -> D  accept | refuse  L decides first
 * D -> L  accept | refuse                                open
 * ```
 */
import type { DialPurpose, DownReason, LinkId, LinkStatistics, SecureStage } from '../contracts.ts';
import { type Failure, failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Outbox } from '../outbox.ts';
import { Reader, Writer } from '../wire/bytes.ts';
import { encodeFrame, Frame, preface, RouteKind, wireVersion, wireVersionMin } from '../wire/frame.ts';
import { FrameSplitter } from '../wire/splitter.ts';
import { decodeHello, type Hello } from './hello.ts';
import { Liveness } from './liveness.ts';
import { SendQueue } from './queue.ts';
import { decodeRefusal, encodeRefusal } from './refusal.ts';
import { RoundTrip } from './round-trip.ts';

export type LinkRole = 'dialer' | 'listener';

type Phase =
  | { readonly name: 'connecting' }
  /** Waiting for the other's preface and hello. */
  | { readonly name: 'greeting'; readonly prefaceSeen: number }
  | { readonly name: 'proving' }
  /** Our behaviors decide. */
  | { readonly name: 'deciding' }
  /** We have accepted; the other end has not yet. */
  | { readonly name: 'awaiting' }
  | { readonly name: 'open' }
  /** Nothing new is sent; what is queued still leaves. */
  | { readonly name: 'draining'; readonly until: number; readonly otherDone: boolean }
  | { readonly name: 'closed' };

export interface LinkOwner {
  readonly outbox: Outbox;
  /** Our hello for this link, encoded. */
  hello(link: Link): Uint8Array;
  /** The other end has proven itself: answer with `link.accept` or `link.refuse`, now or later. */
  decide(link: Link, now: number): void;
  /** Both ends have accepted. `otherHasAnother`: the other end already holds a link to us. */
  opened(link: Link, otherHasAnother: boolean, now: number): void;
  /** A frame that is not the link's own. */
  frame(link: Link, frame: Frame, now: number): void;
  measured(link: Link, now: number): void;
  stalled(link: Link, stalled: boolean): void;
  /** The other end said no; `ended` follows. */
  refused(link: Link, refusal: Failure): void;
  /** No longer open (or never was). Called once. */
  ended(link: Link, reason: DownReason, detail: Failure | undefined, now: number): void;
  /** The socket is closed as well: forget the link. */
  gone(link: Link): void;
  /** Something was queued: `pump` this link at the end of the turn. */
  touched(link: Link): void;
  count(counter: string): void;
}

/** The link's own messages travel under feature number 0. */
const Type = { hello: 1, proof: 2, accept: 3, refuse: 4, heartbeat: 5, goodbye: 6 } as const;

const goodbyeReasons: readonly DownReason[] = ['hangup', 'leave', 'replaced', 'stopped'];
const nothing = new Uint8Array(0);

export class Link {
  readonly id: LinkId;
  readonly role: LinkRole;
  readonly purpose: DialPurpose;
  /** The socket's other address. */
  address: string;
  /** The other end's hello, once its proof has held. */
  peer: Hello | undefined;
  openedAt = 0;
  readonly startedAt: number;
  /** Something came over this link since it opened: the other end surely holds it open too. */
  confirmed = false;
  /** When we accepted, we held another link to this node, and the other end had been heard on it. */
  rivalConfirmed = false;
  private otherHasAnother = false;
  private phase: Phase;
  private readonly owner: LinkOwner;
  private readonly splitter: FrameSplitter;
  private readonly cursor = new Frame();
  private readonly queue = new SendQueue();
  private readonly roundTrip = new RoundTrip();
  private liveness: Liveness;
  private security: SecureStage | undefined;
  private ownHello: Uint8Array = nothing;
  private otherHello: Uint8Array = nothing;
  private now: number;
  private heartbeatAt = 0;
  private isStalled = false;
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
    this.phase = { name: 'connecting' };
    this.splitter = new FrameSplitter(this, limits.helloBytesMax);
    this.liveness = new Liveness(now, limits.stallToleranceMs);
  }

  // ── from the kernel ───────────────────────────────────────────────────────────────────────────────

  get isOpen(): boolean {
    return this.phase.name === 'open';
  }

  /** Before open: the handshake, or the dial, is still under way. */
  get isPending(): boolean {
    return this.phase.name !== 'open' && this.phase.name !== 'draining' && this.phase.name !== 'closed';
  }

  get isSuspect(): boolean {
    return this.isStalled;
  }

  get roundTripMs(): number | undefined {
    return this.roundTrip.smoothedMs;
  }

  /** The socket is there. A dialer speaks first. */
  connected(address: string, security: SecureStage | undefined, now: number): void {
    this.now = now;
    this.address = address;
    this.security = security;
    this.phase = { name: 'greeting', prefaceSeen: 0 };
    this.ownHello = this.owner.hello(this);
    if (this.role === 'dialer') this.sendHello();
  }

  receive(bytes: Uint8Array, now: number): void {
    if (this.phase.name === 'closed' || this.phase.name === 'connecting') return;
    this.now = now;
    this.bytesIn += bytes.length;
    this.heard(now);
    const rest = this.phase.name === 'greeting' ? this.takePreface(bytes, this.phase.prefaceSeen) : bytes;
    if (rest === undefined || rest.length === 0) return;
    const problem = this.splitter.push(rest);
    if (problem !== undefined) this.violation(problem);
  }

  /** Our behaviors let it pass. `hasAnother`: we already hold another link to that node. */
  accept(hasAnother: boolean, now: number): void {
    if (this.phase.name !== 'deciding') return;
    this.now = now;
    this.sendControl(Type.accept, Uint8Array.of(hasAnother ? 1 : 0));
    if (this.role === 'listener') this.phase = { name: 'awaiting' };
    else this.open(this.otherHasAnother);
  }

  refuse(refusal: Failure, now: number): void {
    if (this.phase.name !== 'deciding') return;
    this.now = now;
    this.sendControl(Type.refuse, encodeRefusal(refusal));
    this.end('closed', refusal, now);
    this.drain(now);
  }

  /** Says goodbye, sends what is queued, closes. */
  close(reason: DownReason, now: number): void {
    if (this.phase.name === 'closed' || this.phase.name === 'draining') return;
    this.now = now;
    if (this.phase.name === 'open') {
      this.sendControl(Type.goodbye, Uint8Array.of(Math.max(0, goodbyeReasons.indexOf(reason))));
      this.end(reason, undefined, now);
      this.drain(now);
    } else {
      this.end(reason, failure('SKEIN_CLOSED', `given up: ${reason}`), now);
      this.shut();
    }
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
    if (urgent) this.queue.pushUrgent(start === 0 && end === bytes.length ? bytes : bytes.slice(start, end));
    else this.queue.push(bytes, start, end);
    return true;
  }

  /** Hands to the socket what it may have. Called at the end of each turn and after each flush. */
  pump(): void {
    if (this.phase.name === 'closed' || this.phase.name === 'connecting') return;
    const taken = this.queue.take();
    if (taken !== undefined) {
      this.bytesOut += taken.byteLength;
      this.owner.outbox.put({
        type: 'write',
        link: this.id,
        chunks: taken.chunks,
        byteLength: taken.byteLength,
      });
    }
    this.finishDraining();
  }

  flushed(byteLength: number): void {
    this.queue.flushed(byteLength);
    this.pump();
  }

  forgive(lagMs: number): void {
    this.liveness.forgive(lagMs);
  }

  polled(now: number): void {
    if (this.phase.name === 'open' && this.liveness.polled(now) === 'dead') this.die(now);
  }

  nextDeadline(): number {
    switch (this.phase.name) {
      case 'closed':
        return Number.POSITIVE_INFINITY;
      case 'draining':
        return this.phase.until;
      case 'open':
        return Math.min(this.heartbeatAt, this.liveness.nextDeadline(this.now));
      default:
        return this.startedAt + limits.handshakeTimeoutMs;
    }
  }

  deadline(now: number): void {
    this.now = now;
    if (now < this.nextDeadline()) return;
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

  statistics(): LinkStatistics {
    return {
      roundTripMs: this.roundTrip.smoothedMs,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      framesIn: this.framesIn,
      framesOut: this.framesOut,
      queuedBytes: this.queue.queuedBytes,
      dropped: this.dropped,
      stalled: this.isStalled,
    };
  }

  // ── frames in ─────────────────────────────────────────────────────────────────────────────────────

  /** From the splitter: one whole frame. */
  frame(bytes: Uint8Array, start: number, end: number): boolean {
    this.framesIn++;
    if (!this.cursor.read(bytes, start, end)) return this.violation('a frame header that is not ours');
    if (this.cursor.feature === 0) return this.control(this.cursor);
    if (this.phase.name !== 'open' && this.phase.name !== 'draining')
      return this.violation('a message before the handshake was over');
    this.confirmed = true;
    this.owner.frame(this, this.cursor, this.now);
    return !this.isClosed();
  }

  private control(frame: Frame): boolean {
    const payload = frame.payload;
    switch (frame.type) {
      case Type.hello:
        return this.helloReceived(payload);
      case Type.proof:
        return this.proofReceived(payload);
      case Type.accept:
        return this.acceptReceived(payload);
      case Type.refuse:
        return this.refuseReceived(payload);
      case Type.heartbeat:
        return this.heartbeatReceived(payload);
      case Type.goodbye:
        return this.goodbyeReceived(payload);
      default:
        // A later version's message: ignoring it is what lets versions differ by one.
        this.owner.count('link.unknown-control');
        return true;
    }
  }

  private helloReceived(payload: Uint8Array): boolean {
    if (this.phase.name !== 'greeting') return this.violation('a hello out of order');
    this.otherHello = payload.slice();
    if (this.role === 'listener') this.sendHello();
    else this.sendProof();
    this.phase = { name: 'proving' };
    return true;
  }

  private proofReceived(payload: Uint8Array): boolean {
    if (this.phase.name !== 'proving') return this.violation('a proof out of order');
    const other: LinkRole = this.role === 'dialer' ? 'listener' : 'dialer';
    if (this.security?.verify(other, this.dialerHello, this.listenerHello, payload) === false) {
      return this.violation('its proof does not hold: it has another key');
    }
    const hello = decodeHello(this.otherHello);
    if (typeof hello === 'string') return this.violation(hello);
    this.peer = hello;
    if (this.role === 'dialer') {
      this.phase = { name: 'awaiting' };
      return true;
    }
    this.sendProof();
    return this.decide(hello);
  }

  private acceptReceived(payload: Uint8Array): boolean {
    if (this.phase.name !== 'awaiting' || this.peer === undefined)
      return this.violation('an acceptance out of order');
    this.otherHasAnother = payload[0] === 1;
    if (this.role === 'listener') {
      this.open(this.otherHasAnother);
      return !this.isClosed();
    }
    return this.decide(this.peer);
  }

  private decide(hello: Hello): boolean {
    this.phase = { name: 'deciding' };
    if (hello.wireVersionMin > wireVersion || hello.wireVersion < wireVersionMin) {
      this.refuse(
        failure(
          'SKEIN_VERSION',
          `wire versions ${wireVersionMin}-${wireVersion} here, ${hello.wireVersionMin}-${hello.wireVersion} there`,
        ),
        this.now,
      );
    } else {
      this.owner.decide(this, this.now);
    }
    return !this.isClosed();
  }

  private refuseReceived(payload: Uint8Array): boolean {
    if (this.phase.name === 'open' || this.phase.name === 'draining')
      return this.violation('a refusal out of order');
    const refusal = decodeRefusal(payload);
    this.owner.refused(this, refusal);
    this.end('closed', refusal, this.now);
    this.shut();
    return false;
  }

  private heartbeatReceived(payload: Uint8Array): boolean {
    if (this.phase.name !== 'open') return true;
    this.confirmed = true;
    const reader = new Reader(payload);
    const sent = reader.u32();
    const echo = reader.u32();
    const held = reader.u32();
    if (reader.failed) return this.violation('a heartbeat cut short');
    if (this.roundTrip.heartbeat(sent, echo, held, this.now)) this.owner.measured(this, this.now);
    return true;
  }

  private goodbyeReceived(payload: Uint8Array): boolean {
    if (this.phase.name === 'draining') {
      this.phase = { ...this.phase, otherDone: true };
    } else if (this.phase.name === 'open') {
      this.sendControl(Type.goodbye, payload.slice(0, 1));
      this.end(goodbyeReasons[payload[0] ?? 0] ?? 'closed', undefined, this.now);
      this.drain(this.now, true);
    }
    return !this.isClosed();
  }

  // ── the way to open, and the end ──────────────────────────────────────────────────────────────────

  private get dialerHello(): Uint8Array {
    return this.role === 'dialer' ? this.ownHello : this.otherHello;
  }

  private get listenerHello(): Uint8Array {
    return this.role === 'dialer' ? this.otherHello : this.ownHello;
  }

  private sendHello(): void {
    this.queue.pushUrgent(preface);
    this.sendControl(Type.hello, this.ownHello);
  }

  private sendProof(): void {
    const proof = this.security?.proof(this.role, this.dialerHello, this.listenerHello) ?? nothing;
    this.sendControl(Type.proof, proof);
  }

  private takePreface(bytes: Uint8Array, seen: number): Uint8Array | undefined {
    const count = Math.min(preface.length - seen, bytes.length);
    for (let i = 0; i < count; i++) {
      if (bytes[i] !== preface[seen + i]) {
        this.violation('it does not speak skein');
        return undefined;
      }
    }
    this.phase = { name: 'greeting', prefaceSeen: seen + count };
    return bytes.subarray(count);
  }

  private open(otherHasAnother: boolean): void {
    const peer = this.peer as Hello;
    this.phase = { name: 'open' };
    this.openedAt = this.now;
    this.splitter.frameBytesMax = limits.frameBytesMax;
    this.liveness = new Liveness(this.now, peer.stallToleranceMs);
    this.heartbeatAt = this.now;
    this.owner.opened(this, otherHasAnother, this.now);
  }

  /** Each heartbeat interval: send one, and look whether the other end still does. */
  private watch(now: number): void {
    if (now >= this.heartbeatAt) {
      this.heartbeatAt = now + limits.heartbeatIntervalMs;
      this.owner.touched(this);
      const heartbeat = this.roundTrip.nextHeartbeat(now);
      this.queue.pushUrgent(
        this.controlFrame(
          Type.heartbeat,
          new Writer(16).u32(heartbeat.sent).u32(heartbeat.echo).u32(heartbeat.held).finish(),
        ),
      );
    }
    if (this.liveness.isStalled(now)) this.setStalled(true);
    if (this.liveness.check(now) === 'needs-poll') {
      this.owner.outbox.put({ type: 'poll', phases: limits.silencePollPhases });
    }
  }

  private heard(now: number): void {
    this.liveness.heard(now);
    if (this.isStalled) this.setStalled(false);
  }

  private setStalled(stalled: boolean): void {
    if (this.isStalled === stalled) return;
    this.isStalled = stalled;
    this.owner.stalled(this, stalled);
  }

  private die(now: number): void {
    this.end('silent', undefined, now);
    this.shut();
  }

  private violation(text: string): false {
    this.owner.count('link.violations');
    const refusal = failure('SKEIN_PROTOCOL', `${this.address}: ${text}`);
    if (this.phase.name === 'proving' || this.phase.name === 'deciding' || this.phase.name === 'awaiting') {
      this.sendControl(Type.refuse, encodeRefusal(refusal));
      this.pump();
    }
    this.end('protocol', refusal, this.now);
    this.shut();
    return false;
  }

  private drain(now: number, otherDone = false): void {
    if (this.phase.name === 'closed') return;
    // A refused dialer has nothing to say any more; only an open link waits for the other's goodbye.
    this.phase = {
      name: 'draining',
      until: now + limits.drainTimeoutMs,
      otherDone: otherDone || this.openedAt === 0,
    };
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
    const frame = this.controlFrame(type, payload);
    this.framesOut++;
    this.owner.touched(this);
    // A goodbye comes after all that is queued; the handshake before anything, urgent frames included.
    if (type === Type.goodbye) this.queue.push(frame, 0, frame.length);
    else this.queue.pushUrgent(frame);
  }

  private controlFrame(type: number, payload: Uint8Array): Uint8Array {
    return encodeFrame(
      { kind: RouteKind.link, type, feature: 0, destination: 0, source: 0, sequence: 0, flags: 0, ttl: 1 },
      payload,
    );
  }
}
