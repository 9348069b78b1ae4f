/**
 * Sends to one, some and all, at random moments, and notes what became of each.
 *
 * Used by member.ts. Invariant: each send is in the diary when it begins and when it ends, however it ends;
 * recipients are drawn from everyone who may be there, the dead and the cut off included.
 */
import { SkeinError, type SkeinNode } from '../../src/index.ts';
import type { SeededRandom } from '../../src/sim/world/random.ts';
import { type Body, isWhole, makeBody } from './bodies.ts';
import { nowMs } from './clock.ts';
import type { Diary } from './diary.ts';
import type { MemberSettings } from './protocol.ts';

/** Two parts. */
const largeBytes = 400_000;
const timeoutsOfLarge = 3;

export class Traffic {
  private readonly node: SkeinNode;
  private readonly settings: MemberSettings;
  private readonly random: SeededRandom;
  private readonly diary: Diary;
  private readonly others: readonly string[];
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  constructor(node: SkeinNode, settings: MemberSettings, random: SeededRandom, diary: Diary) {
    this.node = node;
    this.settings = settings;
    this.random = random;
    this.diary = diary;
    this.others = settings.names.filter((name) => name !== settings.name);
    node.handle<Body>(({ body }) => diary.received(body.key, isWhole(body)));
  }

  get sending(): number {
    return this.underWay.size;
  }

  turn(on: boolean): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (on) this.schedule();
  }

  /** Resolves when every send has ended. */
  async stop(): Promise<void> {
    this.turn(false);
    await Promise.all(this.underWay);
  }

  private schedule(): void {
    const { everyMs } = this.settings.traffic;
    // Half to one and a half of the mean: members drift apart by themselves.
    this.timer = setTimeout(
      () => {
        this.schedule();
        const send = this.send().finally(() => this.underWay.delete(send));
        this.underWay.add(send);
      },
      this.random.between(everyMs / 2, everyMs * 1.5),
    );
  }

  private async send(): Promise<void> {
    const { name, life, traffic } = this.settings;
    const key = `${name}/${life}/${++this.count}`;
    const to = this.recipients();
    const namesWanted = to !== 'all' || this.random.chance(0.5);
    const bodyBytes = to === 'all' ? 64 : this.bodyBytes();
    const body = makeBody(key, bodyBytes);
    const options = {
      require: 'none',
      receipt: namesWanted ? 'all' : 'count',
      timeoutMs: traffic.timeoutMs,
    } as const;
    this.diary.sent({ key, to, atMs: nowMs(), timeouts: bodyBytes < largeBytes ? 1 : timeoutsOfLarge });
    try {
      const result = await (to === 'all'
        ? this.node.broadcast(body, options)
        : this.node.send(to, body, options));
      this.diary.ended({
        key,
        atMs: nowMs(),
        delivered: namesWanted ? result.delivered : result.deliveredCount,
        missing: namesWanted ? result.missing : result.missingCount,
      });
    } catch (error) {
      const text = error instanceof SkeinError ? `${error.code}: ${error.message}` : String(error);
      this.diary.ended({ key, atMs: nowMs(), delivered: 0, missing: 0, error: text });
    }
  }

  private recipients(): readonly string[] | 'all' {
    const { random, others } = this;
    const draw = random.next();
    if (this.settings.traffic.broadcastOnly || draw < 0.15) return 'all';
    return random.sample(others, draw < 0.3 ? random.integer(2, 5) : 1);
  }

  /** Mostly small; now and then one that must be split into parts. */
  private bodyBytes(): number {
    return this.random.chance(0.01) ? largeBytes : this.random.integer(16, 1024);
  }
}
