/**
 * What a channel receives, and what it tells the other end of that: how much has come, and how much more may.
 *
 * Made by the channel, which hands it pieces and ends. Its words are credit messages: at once after much or at an
 * end, else a moment later for several pieces together. Invariant: a hole is asked for at most once in
 * `channelAgainMs`, and the window is only ever told as the receiving half has it.
 */
import { Alarm } from './alarm.ts';
import type { ChannelContext } from './context-types.ts';
import { channelLimits } from './limits.ts';
import { type Arrival, ReceiveHalf } from './receive-half.ts';
import { type ChannelCursor, ChannelType, CreditFlag, encodeCredit } from './wire.ts';

export class Incoming {
  half: ReceiveHalf;
  private readonly context: ChannelContext;
  private readonly tellAlarm: Alarm;
  private toldUpTo = 0;
  private toldLimit = 0;
  private askedAgainAt = Number.NEGATIVE_INFINITY;

  constructor(context: ChannelContext, windowBytes: number) {
    this.context = context;
    this.tellAlarm = new Alarm(context.hurry);
    this.half = new ReceiveHalf(windowBytes);
  }

  /** The program has said how much may wait for it; nothing has come yet. */
  setWindow(windowBytes: number): void {
    this.half = new ReceiveHalf(windowBytes);
  }

  /** The channel is open: the other end has been told the whole window. */
  begin(): void {
    this.toldLimit = this.half.window;
  }

  /** So much room is new that the other end should know of it. */
  get isCreditDue(): boolean {
    const { half } = this;
    return !half.isEnded && half.limit - this.toldLimit >= half.window / 4;
  }

  data(cursor: ChannelCursor): Arrival {
    const { half } = this;
    const arrival = half.data(cursor.offset, cursor.body());
    if (arrival !== 'fresh') this.odd(arrival);
    else if (this.hasMuchToTell || half.isEnded) this.tell(0);
    else this.tellSoon();
    return arrival;
  }

  ended(cursor: ChannelCursor): Arrival {
    const arrival = this.half.end(cursor.offset);
    if (arrival === 'hole' || arrival === 'beyond') this.odd(arrival);
    else this.tell(0);
    return arrival;
  }

  /** What we have, and how much more may come. */
  tell(flags: number): void {
    const { half, context } = this;
    this.tellAlarm.clear();
    this.toldUpTo = half.received;
    this.toldLimit = half.limit;
    const payload = encodeCredit(context.ends, half.acknowledgement, half.limit, flags);
    context.peer.say(ChannelType.credit, context.number, payload, false);
  }

  nextDeadline(): number {
    return this.tellAlarm.at;
  }

  deadline(now: number): void {
    if (now >= this.tellAlarm.at) this.tell(0);
  }

  private get hasMuchToTell(): boolean {
    const { received, window } = this.half;
    return received - this.toldUpTo >= Math.min(window / 4, channelLimits.channelTellBytes);
  }

  private tellSoon(): void {
    this.tellAlarm.by(this.context.agent.now + channelLimits.channelTellMs);
  }

  /** Nothing that a channel in order brings. */
  private odd(arrival: 'repeated' | 'hole' | 'beyond'): void {
    const { agent, count } = this.context;
    if (arrival === 'beyond') return count('beyondWindow');
    if (arrival === 'repeated') {
      count('repeated');
      // It may not know that we have it.
      return this.tellSoon();
    }
    count('holes');
    if (agent.now - this.askedAgainAt < channelLimits.channelAgainMs) return;
    this.askedAgainAt = agent.now;
    this.tell(CreditFlag.again);
  }
}
