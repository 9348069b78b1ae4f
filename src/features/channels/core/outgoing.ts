/**
 * When what was written to a channel leaves, by which way, and when it is sent again.
 *
 * Made by the channel, which tells it of credit, of ways and of time. Frames go by the private link where there is
 * one, else by the routes. Invariant: all bytes leave in order by one way at a time; after a loss all that is not
 * acknowledged is sent again from there, and the waits double until something is acknowledged.
 */
import type { DropReason, LinkId } from '../../../kernel/contracts.ts';
import { limits } from '../../../kernel/limits.ts';
import { Alarm } from './alarm.ts';
import type { ChannelContext } from './context-types.ts';
import { channelLimits } from './limits.ts';
import { SendHalf } from './send-half.ts';
import { type ChannelCursor, ChannelType, CreditFlag, encodeDataHead, encodeEnd } from './wire.ts';

export class Outgoing {
  /** Undefined: the channel is not open yet. */
  half: SendHalf | undefined;
  private readonly context: ChannelContext;
  private readonly resendAlarm: Alarm;
  /** Set: nothing more leaves until then. */
  private readonly retryAlarm: Alarm;
  /** The link that its data takes; undefined: by the routes. */
  private via: LinkId | undefined;
  private wentBackAt = Number.NEGATIVE_INFINITY;
  private resendMs: number = limits.repeatAfterMs;

  constructor(context: ChannelContext) {
    this.context = context;
    this.resendAlarm = new Alarm(context.hurry);
    this.retryAlarm = new Alarm(context.hurry);
  }

  /** The channel is open: the other end takes so many bytes. */
  begin(otherWindow: number): void {
    const { agent, peer, ends, number } = this.context;
    const head = agent.prepare(peer.node, encodeDataHead(ends), {
      type: ChannelType.data,
      wantsReturn: true,
    });
    const frameBytes = Math.min(
      channelLimits.channelFrameBytes,
      Math.max(channelLimits.channelFrameBytesMin, otherWindow / 4),
    );
    this.half = new SendHalf(head.bytes, number, Math.max(otherWindow, frameBytes), frameBytes);
    this.half.limit = otherWindow;
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  /** Sends what may be sent. False: something holds the rest up. */
  pump(half: SendHalf): boolean {
    const { agent, peer, ends, number, count } = this.context;
    const { now } = agent;
    if (this.retryAlarm.isSet && now < this.retryAlarm.at) return false;
    this.retryAlarm.clear();
    if (!this.takeWay(half)) return false;
    for (let frame = half.nextFrame(); frame !== undefined; frame = half.nextFrame()) {
      const problem = agent.sendFrame(frame.bytes, peer.node, this.via);
      if (problem !== undefined) return this.hold(problem);
      if (frame.timesSent > 0) count('resent');
      half.sent(frame, now);
    }
    if (half.isEndDue) {
      if (!peer.say(ChannelType.end, number, encodeEnd(ends, half.written), true)) return this.hold('busy');
      half.sentEnd();
    }
    if (half.isWaiting && !this.resendAlarm.isSet) this.resendAlarm.by(now + this.resendAfterMs);
    return true;
  }

  /** What the other end has, and takes. False when it acknowledges what was never sent. */
  credit(half: SendHalf, { received, limit, flags }: ChannelCursor): boolean {
    const { now } = this.context.agent;
    const { acknowledged, limit: limitBefore } = half;
    if (!half.credit(received, limit, now)) return false;
    if (half.acknowledged > acknowledged || half.isEndAcknowledged) this.progressed(now);
    // At once after a loss; but not for each word of one that says so all the time.
    const isAgain = (flags & CreditFlag.again) !== 0 && received === half.acknowledged;
    if (isAgain && half.isWaiting && now - this.wentBackAt >= channelLimits.channelAgainMs) this.goBack();
    if (half.limit > limitBefore || half.acknowledged > acknowledged || isAgain) this.context.pumpLater();
    return true;
  }

  /** A hop gave one of its data frames back. */
  returned(reason: DropReason): void {
    // All frames behind it come back as well.
    if (!this.retryAlarm.isSet) this.goBack();
    this.hold(reason);
  }

  private progressed(now: number): void {
    this.resendMs = limits.repeatAfterMs;
    this.resendAlarm.clear();
    if (this.half?.isWaiting === true) this.resendAlarm.by(now + this.resendAfterMs);
  }

  private get resendAfterMs(): number {
    return Math.max(this.resendMs, 2 * (this.half?.flight.delayMs ?? 0));
  }

  private goBack(): void {
    this.wentBackAt = this.context.agent.now;
    this.half?.goBack();
    this.resendAlarm.clear();
    this.context.pumpLater();
  }

  /** Nothing more leaves for a moment. */
  private hold(reason: DropReason): false {
    const waitMs = reason === 'busy' ? channelLimits.channelBusyMs : channelLimits.channelRetryMs;
    this.retryAlarm.by(this.context.agent.now + waitMs);
    return false;
  }

  // ── ways ──────────────────────────────────────────────────────────────────────────────────────────

  /** A new way is taken once nothing is under way by the old: what comes first by it would look like a loss. */
  private takeWay(half: SendHalf): boolean {
    const { link } = this.context.peer;
    if (this.via === link) return true;
    if (half.bytesUnderWay > 0) return false;
    this.via = link;
    half.otherWay();
    return true;
  }

  /** A link that its frames may have taken is gone, or the next hop is another now. */
  wayLost(link: LinkId | undefined): void {
    if (this.via !== link) return;
    this.via = this.context.peer.link;
    if (this.half?.isWaiting === true) this.goBack();
    this.context.pumpLater();
  }

  /** There is a way that was not there, or another. */
  wayFound(): void {
    this.half?.otherWay();
    this.retryAlarm.clear();
    this.context.pumpLater();
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    return Math.min(this.resendAlarm.at, this.retryAlarm.at);
  }

  deadline(now: number): void {
    if (now >= this.resendAlarm.at) this.resend();
    if (now >= this.retryAlarm.at) this.context.pumpLater();
  }

  /** Nothing was acknowledged for long. */
  private resend(): void {
    this.half?.flight.lost();
    this.resendMs = Math.min(this.resendMs * 2, channelLimits.channelResendMsMax);
    this.goBack();
  }
}
