/**
 * Whether the other end of a channel is still there: asked when nothing was heard of it for a while.
 *
 * Made by the channel, which tells it of each word of the other end and does what it says. Invariant: the other
 * end is lost only after it left several questions unanswered and `channelSilentMs` have passed.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { limits } from '../../../kernel/limits.ts';
import { Alarm } from './alarm.ts';
import { channelLimits } from './limits.ts';

export class Silence {
  private readonly agent: BehaviorAgent;
  private readonly alarm: Alarm;
  private heardAt: number;
  private unanswered = 0;

  constructor(agent: BehaviorAgent, hurry: (at: number) => void) {
    this.agent = agent;
    this.alarm = new Alarm(hurry);
    this.heardAt = agent.now;
  }

  /** A word of the other end has come. */
  heard(): void {
    this.heardAt = this.agent.now;
    this.unanswered = 0;
    if (!this.alarm.isSet) this.alarm.by(this.heardAt + channelLimits.channelProbeMs);
  }

  /** Its next word is needed to go on. */
  awaited(): void {
    this.alarm.by(Math.max(this.agent.now, this.heardAt) + limits.repeatAfterMs);
  }

  nextDeadline(): number {
    return this.alarm.at;
  }

  /**
   * Its time has come.
   * @param isAwaited Its next word is needed, however short the silence is.
   * @returns what to do: `ask` for a word (one that knows nothing of the channel says so), or give it up as `lost`.
   */
  broken(now: number, isAwaited: boolean): 'ask' | 'lost' | undefined {
    this.alarm.clear();
    const quietMs = now - this.heardAt;
    if (quietMs < channelLimits.channelProbeMs && !isAwaited) {
      this.alarm.by(this.heardAt + channelLimits.channelProbeMs);
      return undefined;
    }
    // Counted as well as timed: a stall of our own is nobody's silence.
    if (++this.unanswered > channelLimits.channelProbesMax && quietMs >= channelLimits.channelSilentMs)
      return 'lost';
    this.alarm.by(now + channelLimits.channelProbeMs);
    return 'ask';
  }
}
