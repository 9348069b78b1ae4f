/**
 * One channel: two halves, the way that its frames take, and when what is not answered is said again.
 *
 * Made by the channels behavior, which hands it what comes; the program's side calls `write`, `end`, `take`,
 * `consume`. Invariant: bytes of each half arrive in order and once as long as both lives last, whatever the way
 * loses, doubles or delays; whichever way it ends, it is told once (`over`).
 */
import type { BehaviorAgent, DropReason, LinkId } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import * as failures from './channel-failures.ts';
import type { ChannelPath, ChannelPhase } from './channel-types.ts';
import { channelLimits } from './limits.ts';
import type { Peer } from './peer.ts';
import { ReceiveHalf } from './receive-half.ts';
import { SendHalf } from './send-half.ts';
import {
  type ChannelCursor,
  type ChannelEnds,
  ChannelType,
  CreditFlag,
  encodeAccepted,
  encodeCredit,
  encodeDataHead,
  encodeEnd,
  encodeOpen,
  encodeReason,
  type ResetReason,
} from './wire.ts';

/** What a channel needs of the behavior around it. */
export interface ChannelPorts {
  readonly agent: BehaviorAgent;
  /** Something about it is new for the program. */
  readonly changed: (channel: Channel) => void;
  /** It has something to send at the end of the turn. */
  readonly pumpLater: (channel: Channel) => void;
  /** It wants to be looked at then, or before. */
  readonly hurry: (at: number) => void;
  readonly over: (channel: Channel) => void;
  readonly count: (what: ChannelCount) => void;
}

/** A message's type and payload. */
export type LastWord = readonly [number, Uint8Array];

type ChannelCount = 'resent' | 'repeated' | 'holes' | 'beyondWindow' | 'falseCredit';

const never = Number.POSITIVE_INFINITY;

export class Channel {
  readonly peer: Peer;
  readonly number: number;
  readonly isOpener: boolean;
  readonly protocol: string;
  /** For the program: the core only keeps it. */
  handle: unknown;
  phase: ChannelPhase;
  sender: SendHalf | undefined;
  receiver: ReceiveHalf;
  /** The program has more to write than there was room for. */
  wantsRoom = false;
  private readonly ports: ChannelPorts;
  private readonly ends: ChannelEnds;
  /** Of what the other end said of its window. */
  private otherWindow = 0;
  private refusal: LastWord | undefined;
  /** The link that its data takes; undefined: by the routes. */
  private via: LinkId | undefined;
  private toldUpTo = 0;
  private toldLimit = 0;
  private askedAgainAt = Number.NEGATIVE_INFINITY;
  private wentBackAt = Number.NEGATIVE_INFINITY;
  private heardAt: number;
  private unanswered = 0;
  private readonly at = { tell: never, resend: never, retry: never, probe: never, open: never };
  private resendMs: number = limits.repeatAfterMs;

  constructor(
    ports: ChannelPorts,
    peer: Peer,
    about: { readonly number: number; readonly isOpener: boolean; readonly protocol: string },
    windowBytes: number,
    phase: ChannelPhase,
  ) {
    this.ports = ports;
    this.peer = peer;
    this.number = about.number;
    this.isOpener = about.isOpener;
    this.protocol = about.protocol;
    this.ends = { life: peer.ownLife, forLife: peer.life, isOpener: about.isOpener };
    this.receiver = new ReceiveHalf(windowBytes);
    this.phase = phase;
    this.heardAt = ports.agent.now;
  }

  get isOpen(): boolean {
    return this.phase.name === 'open';
  }

  get isOver(): boolean {
    return this.phase.name === 'over';
  }

  get path(): ChannelPath {
    return this.peer.isDirect ? 'direct' : 'mesh';
  }

  // ── the program ───────────────────────────────────────────────────────────────────────────────────

  /** Takes of `bytes`, from a place on, as many as there is room for: how many those were. A copy is made. */
  write(bytes: Uint8Array, from: number): number {
    if (this.sender === undefined || !this.isOpen || this.sender.isEnding) return bytes.length - from;
    const taken = this.sender.write(bytes, from);
    this.wantsRoom = taken < bytes.length - from;
    this.ports.pumpLater(this);
    return taken;
  }

  /** Nothing more will be written; what was is still sent. */
  end(): void {
    if (!this.isOpen) return;
    this.sender?.end();
    this.ports.pumpLater(this);
  }

  /** The next bytes that came, which the program may keep. Also once the channel is over. */
  take(): Uint8Array | undefined {
    return this.receiver.take();
  }

  /** @param waiting Of the bytes that were taken, those that the program has not looked at yet. */
  consume(waiting: number): void {
    const { receiver } = this;
    receiver.consume(waiting);
    if (!this.isOpen || receiver.isEnded) return;
    if (receiver.limit - this.toldLimit >= receiver.window / 4) this.ports.pumpLater(this);
  }

  /** The program wants no more of it: the other end is told. */
  abandon(text: string): void {
    if (this.isOver) return;
    this.receiver.drop();
    this.reset('program', text, undefined);
  }

  // ── the beginning ─────────────────────────────────────────────────────────────────────────────────

  ask(): void {
    if (this.phase.name !== 'opening') return;
    const payload = encodeOpen(this.ends, this.receiver.window, this.protocol);
    this.say(ChannelType.open, payload, true);
    this.wakeAt('open', this.ports.agent.now + this.resendMs / 2);
    this.resendMs = Math.min(this.resendMs * 2, limits.repeatAfterMsMax);
    this.ports.hurry(this.phase.until);
  }

  requested(window: number): void {
    this.otherWindow = window;
    if (this.phase.name === 'requested') this.ports.hurry(this.phase.until);
  }

  accept(windowBytes: number): void {
    if (this.phase.name !== 'requested') return;
    this.receiver = new ReceiveHalf(windowBytes);
    this.begin(this.otherWindow);
    this.sayAccepted();
  }

  /** The other end asks again: what it was told has not come. */
  askedAgain(): void {
    if (this.isOpen) this.sayAccepted();
  }

  accepted(window: number): void {
    if (this.phase.name === 'opening') this.begin(window);
  }

  private begin(otherWindow: number): void {
    this.phase = { name: 'open' };
    this.resendMs = limits.repeatAfterMs;
    this.at.open = never;
    const head = this.ports.agent.prepare(this.peer.node, encodeDataHead(this.ends), {
      type: ChannelType.data,
      wantsReturn: true,
    });
    const frameBytes = Math.min(
      channelLimits.channelFrameBytes,
      Math.max(channelLimits.channelFrameBytesMin, otherWindow / 4),
    );
    this.sender = new SendHalf(head.bytes, this.number, Math.max(otherWindow, frameBytes), frameBytes);
    this.sender.limit = otherWindow;
    this.toldLimit = this.receiver.window;
    this.heard();
    this.ports.changed(this);
  }

  private sayAccepted(): void {
    this.say(ChannelType.accepted, encodeAccepted(this.ends, this.receiver.window));
  }

  // ── what comes ────────────────────────────────────────────────────────────────────────────────────

  data(cursor: ChannelCursor): void {
    if (!this.isOpen) return;
    this.heard();
    const { receiver } = this;
    const arrival = receiver.data(cursor.offset, cursor.body());
    if (arrival === 'fresh') {
      this.ports.changed(this);
      const isMuch =
        receiver.received - this.toldUpTo >= Math.min(receiver.window / 4, channelLimits.channelTellBytes);
      if (isMuch || receiver.isEnded) this.tell(0);
      else this.wakeAt('tell', this.ports.agent.now + channelLimits.channelTellMs);
      this.maybeOver();
    } else this.odd(arrival);
  }

  ended(cursor: ChannelCursor): void {
    if (!this.isOpen) return;
    this.heard();
    const arrival = this.receiver.end(cursor.offset);
    if (arrival === 'hole' || arrival === 'beyond') return this.odd(arrival);
    if (arrival === 'fresh') this.ports.changed(this);
    this.tell(0);
    this.maybeOver();
  }

  /** Nothing that a channel in order brings. */
  private odd(arrival: 'repeated' | 'hole' | 'beyond'): void {
    const { now } = this.ports.agent;
    if (arrival === 'beyond') return this.ports.count('beyondWindow');
    if (arrival === 'repeated') {
      this.ports.count('repeated');
      // It may not know that we have it.
      return this.wakeAt('tell', now + channelLimits.channelTellMs);
    }
    this.ports.count('holes');
    if (now - this.askedAgainAt < channelLimits.channelAgainMs) return;
    this.askedAgainAt = now;
    this.tell(CreditFlag.again);
  }

  credit({ received, limit, flags }: ChannelCursor): void {
    const { sender } = this;
    if (!this.isOpen || sender === undefined) return;
    this.heard();
    const { now } = this.ports.agent;
    const { acknowledged, limit: limitBefore } = sender;
    if (!sender.credit(received, limit, now)) return this.ports.count('falseCredit');
    if (sender.acknowledged > acknowledged || sender.isEndAcknowledged) this.progressed(now);
    // At once after a loss; but not for each word of one that says so all the time.
    const isAgain = (flags & CreditFlag.again) !== 0 && received === sender.acknowledged;
    if (isAgain && sender.isWaiting && now - this.wentBackAt >= channelLimits.channelAgainMs) this.goBack();
    if ((flags & CreditFlag.answer) !== 0) this.tell(0);
    if (sender.limit > limitBefore || sender.acknowledged > acknowledged || isAgain)
      this.ports.pumpLater(this);
    if (this.wantsRoom && sender.hasRoom) this.ports.changed(this);
    if (sender.isEndAcknowledged) this.ports.changed(this);
    this.maybeOver();
  }

  /** A hop gave one of its frames back. */
  returned(type: number, reason: DropReason): void {
    if (reason === 'refused' && this.phase.name === 'opening')
      return this.finish(failures.noFeature(this.peer.name));
    if (type === ChannelType.data && this.isOpen) {
      // All frames behind it come back as well.
      if (this.at.retry === never) this.goBack();
      this.hold(reason);
    } else if (this.phase.name === 'opening')
      this.wakeAt('open', this.ports.agent.now + channelLimits.channelRetryMs);
  }

  refused(reason: ResetReason, text: string): void {
    if (this.phase.name !== 'opening') return;
    this.finish(failures.refused(this.peer.name, this.protocol, reason, text));
  }

  /** The other end has given it up, or knows nothing of it. */
  wasReset(reason: ResetReason, text: string): void {
    if (this.isOver) return;
    // It has forgotten a channel that was over for it: all had come, and only its word of that was lost.
    this.finish(failures.reset(this.peer.name, reason, text));
  }

  private heard(): void {
    this.heardAt = this.ports.agent.now;
    this.unanswered = 0;
    if (this.at.probe === never) this.wakeAt('probe', this.heardAt + channelLimits.channelProbeMs);
  }

  private progressed(now: number): void {
    this.resendMs = limits.repeatAfterMs;
    const { sender } = this;
    this.at.resend = never;
    if (sender?.isWaiting === true) this.wakeAt('resend', now + this.resendAfterMs);
  }

  private get resendAfterMs(): number {
    return Math.max(this.resendMs, 2 * (this.sender?.flight.delayMs ?? 0));
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  /** The end of the turn: sends what may be sent. */
  pump(): void {
    const { sender, receiver } = this;
    if (sender === undefined || !this.isOpen) return;
    if (!receiver.isEnded && receiver.limit - this.toldLimit >= receiver.window / 4) this.tell(0);
    const { now } = this.ports.agent;
    if (this.at.retry !== never && now < this.at.retry) return;
    this.at.retry = never;
    if (!this.takeWay(sender)) return;
    for (let frame = sender.nextFrame(); frame !== undefined; frame = sender.nextFrame()) {
      const problem = this.ports.agent.sendFrame(frame.bytes, this.peer.node, this.via);
      if (problem !== undefined) return this.hold(problem);
      if (frame.timesSent > 0) this.ports.count('resent');
      sender.sent(frame, now);
    }
    if (sender.isEndDue) {
      if (!this.say(ChannelType.end, encodeEnd(this.ends, sender.written), true)) return this.hold('busy');
      sender.sentEnd();
    }
    if (sender.isWaiting && this.at.resend === never) this.wakeAt('resend', now + this.resendAfterMs);
    // Without credit nothing is under way that its loss would be noticed by.
    if (sender.isHeldBack) this.wakeAt('probe', Math.max(now, this.heardAt) + limits.repeatAfterMs);
  }

  /** A new way is taken once nothing is under way by the old: what comes first by it would look like a loss. */
  private takeWay(sender: SendHalf): boolean {
    if (this.via === this.peer.link) return true;
    if (sender.bytesUnderWay > 0) return false;
    this.via = this.peer.link;
    sender.otherWay();
    return true;
  }

  /** A link that its frames may have taken is gone, or the next hop is another now. */
  wayLost(link: LinkId | undefined): void {
    if (this.via !== link) return;
    this.via = this.peer.link;
    if (this.sender?.isWaiting === true) this.goBack();
    this.ports.pumpLater(this);
  }

  /** There is a way that was not there, or another. */
  wayFound(): void {
    this.sender?.otherWay();
    if (this.phase.name === 'opening') this.wakeAt('open', this.ports.agent.now);
    this.at.retry = never;
    this.ports.pumpLater(this);
  }

  private goBack(): void {
    this.wentBackAt = this.ports.agent.now;
    this.sender?.goBack();
    this.at.resend = never;
    this.ports.pumpLater(this);
  }

  /** Nothing more leaves for a moment. */
  private hold(reason: DropReason): void {
    const waitMs = reason === 'busy' ? channelLimits.channelBusyMs : channelLimits.channelRetryMs;
    this.wakeAt('retry', this.ports.agent.now + waitMs);
  }

  /** What we have, and how much more may come. */
  private tell(flags: number): void {
    const { receiver } = this;
    this.at.tell = never;
    this.toldUpTo = receiver.received;
    this.toldLimit = receiver.limit;
    this.say(ChannelType.credit, encodeCredit(this.ends, receiver.acknowledgement, receiver.limit, flags));
  }

  /** Once it is over: what the other end is told that has missed it. */
  get lastWord(): LastWord {
    if (this.refusal !== undefined) return this.refusal;
    const { receiver, ends, phase } = this;
    if (phase.name !== 'over' || phase.failure !== undefined || !receiver.isEnded)
      return [ChannelType.reset, encodeReason(ends, 'unknown', '')];
    return [ChannelType.credit, encodeCredit(ends, receiver.acknowledgement, receiver.limit, 0)];
  }

  private say(type: number, payload: Uint8Array, wantsReturn = false): boolean {
    return this.peer.say(type, this.number, payload, wantsReturn);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    const { at, phase } = this;
    const own = phase.name === 'opening' || phase.name === 'requested' ? phase.until : never;
    return Math.min(own, at.tell, at.resend, at.retry, at.probe, at.open);
  }

  private wakeAt(what: keyof Channel['at'], time: number): void {
    if (time < this.at[what]) this.at[what] = time;
    this.ports.hurry(time);
  }

  deadline(now: number): void {
    const { at, phase } = this;
    if (phase.name === 'over') return;
    if (phase.name === 'requested' && now >= phase.until) return this.refuse('late', '');
    if (phase.name === 'opening' && now >= phase.until)
      return this.reset('late', '', failures.notAnswered(this.peer.name, phase.timeoutMs));
    if (now >= at.open) {
      at.open = never;
      this.ask();
    }
    if (now >= at.tell) this.tell(0);
    if (now >= at.resend) this.resend();
    if (now >= at.retry) this.ports.pumpLater(this);
    if (now >= at.probe) this.probe(now);
  }

  /** Nothing was acknowledged for long. */
  private resend(): void {
    this.sender?.flight.lost();
    this.resendMs = Math.min(this.resendMs * 2, channelLimits.channelResendMsMax);
    this.goBack();
  }

  /** Asks for a word from the other end: one that knows nothing of the channel says so. */
  private probe(now: number): void {
    this.at.probe = never;
    if (!this.isOpen) return;
    const quietMs = now - this.heardAt;
    const isHeldBack = this.sender?.isHeldBack === true;
    if (quietMs < channelLimits.channelProbeMs && !isHeldBack)
      return this.wakeAt('probe', this.heardAt + channelLimits.channelProbeMs);
    // Counted as well as timed: a stall of our own is nobody's silence.
    if (++this.unanswered > channelLimits.channelProbesMax && quietMs >= channelLimits.channelSilentMs)
      return this.reset('lost', '', failures.silent(this.peer.name));
    this.tell(CreditFlag.answer);
    this.wakeAt('probe', now + channelLimits.channelProbeMs);
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────

  refuse(reason: ResetReason, text: string): void {
    if (this.phase.name !== 'requested') return;
    this.refusal = [ChannelType.refused, encodeReason(this.ends, reason, text)];
    this.say(...this.refusal);
    this.finish(failures.wasLost(this.peer.name, 'it was not accepted in time'));
  }

  /** Ends it, and tells the other end. */
  reset(reason: ResetReason, text: string, why: Failure | undefined): void {
    if (this.isOver) return;
    this.say(ChannelType.reset, encodeReason(this.ends, reason, text));
    this.finish(why);
  }

  /** The other end cannot be told. */
  lost(why: Failure): void {
    if (!this.isOver) this.finish(why);
  }

  private maybeOver(): void {
    if (this.isOpen && this.receiver.isEnded && this.sender?.isEndAcknowledged === true)
      this.finish(undefined);
  }

  private finish(failure: Failure | undefined): void {
    this.phase = { name: 'over', failure };
    this.sender?.drop();
    this.wantsRoom = false;
    this.ports.changed(this);
    this.ports.over(this);
  }
}
