/**
 * What a node remembers of sessions that were cut off: how many items of each stream it had taken for the client, so
 * that a client that comes back is told what it missed.
 *
 * Used by the sessions of a node. Invariant: a session is named by 128 random bits that only its own client knows; it is
 * remembered for minutes and asked for once, and the memory of all is bounded.
 */
import { randomBytes } from 'node:crypto';
import { controlLimits } from './limits.ts';

/** Items taken so far, by the number of the stream. */
export type TakenCounts = ReadonlyMap<number, number>;

interface Ended {
  readonly at: number;
  readonly counts: () => TakenCounts;
}

export function makeToken(): string {
  return randomBytes(16).toString('hex');
}

export class EndedSessions {
  private readonly byToken = new Map<string, Ended>();

  /** @param counts Asked when the client is back: what still waited is counted by then. @param now Of a steady clock. */
  remember(token: string, counts: () => TakenCounts, now: number): void {
    for (const [other, { at }] of this.byToken) {
      const isOld = now - at >= controlLimits.endedSessionMs;
      if (!isOld && this.byToken.size < controlLimits.endedSessionsMax) break;
      this.byToken.delete(other);
    }
    this.byToken.set(token, { at: now, counts });
  }

  /** Undefined: it is not known, or not any more. */
  async take(token: string): Promise<TakenCounts | undefined> {
    const ended = this.byToken.get(token);
    this.byToken.delete(token);
    if (ended === undefined) return undefined;
    // Its streams have just been told to end: they come to it within this turn.
    await new Promise((resolve) => setImmediate(resolve));
    return ended.counts();
  }
}
