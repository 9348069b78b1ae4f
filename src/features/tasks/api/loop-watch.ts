/**
 * Watches the event loop of a program while handlers run in it: one that blocks it keeps everything else waiting, the lease
 * of its own worker as well.
 *
 * Made for each node of this process, and for each attached one. Invariant: while nothing runs, nothing is measured.
 */
import { type EventLoop, eventLoopPart } from '../../../kit/event-loop.ts';
import { BlockedLoop } from '../core/blocked.ts';
import { taskLimits } from '../core/limits.ts';

export interface Platform {
  platformPart<Part>(name: string): Part | undefined;
}

export class LoopWatch {
  private readonly platform: Platform;
  private readonly say: (text: string) => void;
  private readonly blocked = new BlockedLoop();
  private isWatching = false;

  constructor(platform: Platform, say: (text: string) => void) {
    this.platform = platform;
    this.say = say;
  }

  async during(service: string, run: () => unknown): Promise<unknown> {
    this.blocked.begun(service);
    this.watch();
    try {
      return await run();
    } finally {
      this.blocked.ended(service);
    }
  }

  private watch(): void {
    if (this.isWatching) return;
    const loop = this.platform.platformPart<EventLoop>(eventLoopPart);
    this.isWatching = loop !== undefined;
    loop?.watch(taskLimits.taskBlockedLookMs, (blockedMs, now) => {
      const text = this.blocked.look(blockedMs, now);
      if (text !== undefined) this.say(text);
      this.isWatching = !this.blocked.isIdle;
      return this.isWatching;
    });
  }
}
