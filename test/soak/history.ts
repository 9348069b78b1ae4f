/**
 * What was done to the members and what they told, by time: the facts that the judge decides from.
 *
 * Written by the judge, read by the checks. Invariant: a fact is never changed once its time is over; what a
 * killed life saw after its last report is unknown, and says so by `throughMs`.
 */
import { nowMs } from './clock.ts';
import type { Interval, Report, Seen, Sent, Usage } from './protocol.ts';

/** One start of one member. */
export interface Life {
  readonly name: string;
  readonly number: number;
  readonly host: number;
  /** When its node listened; infinite until then. */
  readyMs: number;
  /** When it was killed or told to close; undefined while it runs. */
  endedMs: number | undefined;
  killed: boolean;
  /** It has reported all that it saw until then. */
  throughMs: number;
  readonly received: Set<string>;
  /** Sends that have begun and not ended. */
  readonly open: Map<string, Sent>;
  /** By neighbor, in order. */
  readonly links: Map<string, Seen[]>;
  stops: Interval[];
  gaps: Interval[];
  readonly usage: Usage[];
  /** While this member may have ended links by itself: told to hang up, or one of its keys was being removed. */
  ownEnds: Interval[];
}

/** A while in which packets from one host did not reach another, or were reset. */
export interface Block extends Interval {
  readonly kind: 'partition' | 'one-way' | 'reset';
  readonly from: number;
  readonly to: number;
}

export class History {
  readonly startedMs = nowMs();
  /** By name, oldest first. */
  readonly lives = new Map<string, Life[]>();
  blocks: Block[] = [];
  /** For how long a loop stood still that nobody had stopped: how busy the machine was. */
  longestGapMs = 0;

  begin(name: string, number: number, host: number, startedMs: number): Life {
    const life: Life = {
      name,
      number,
      host,
      readyMs: Number.POSITIVE_INFINITY,
      endedMs: undefined,
      killed: false,
      throughMs: startedMs,
      received: new Set(),
      open: new Map(),
      links: new Map(),
      stops: [],
      gaps: [],
      usage: [],
      ownEnds: [],
    };
    this.livesOf(name).push(life);
    return life;
  }

  livesOf(name: string): Life[] {
    const lives = this.lives.get(name) ?? [];
    this.lives.set(name, lives);
    return lives;
  }

  all(): Life[] {
    return [...this.lives.values()].flat();
  }

  running(): Life[] {
    return this.all().filter(({ endedMs }) => endedMs === undefined);
  }

  /** Takes what needs no judgment; the judge looks at the rest. */
  note(life: Life, report: Report): void {
    life.throughMs = report.throughMs;
    for (const gap of report.gaps) this.noteGap(life, gap);
    life.usage.push(...report.usage);
    for (const sent of report.sent) life.open.set(sent.key, sent);
    for (const link of report.links) {
      const seen = life.links.get(link.node) ?? [];
      seen.push(link);
      life.links.set(link.node, seen);
    }
  }

  /** What is too old to matter to any judgment to come. */
  forget(beforeMs: number): void {
    const matters = ({ toMs }: Interval): boolean => toMs >= beforeMs;
    this.blocks = this.blocks.filter(matters);
    for (const life of this.all()) {
      life.stops = life.stops.filter(matters);
      life.gaps = life.gaps.filter(matters);
      life.ownEnds = life.ownEnds.filter(matters);
    }
  }

  /** In seconds since the run began, for people. */
  timeOf(atMs: number): string {
    return `${((atMs - this.startedMs) / 1000).toFixed(2)} s`;
  }

  isBlocked(a: number, b: number, during: Interval): boolean {
    return this.blocks.some(
      (block) =>
        overlap(block, during) &&
        ((block.from === a && block.to === b) || (block.from === b && block.to === a)),
    );
  }

  private noteGap(life: Life, gap: Interval): void {
    life.gaps.push(gap);
    if (life.stops.some((stop) => overlap(stop, gap))) return;
    this.longestGapMs = Math.max(this.longestGapMs, gap.toMs - gap.fromMs);
  }
}

export function overlap(a: Interval, b: Interval): boolean {
  return a.fromMs <= b.toMs && b.fromMs <= a.toMs;
}
