/**
 * What one member saw since its last report.
 *
 * Used by member.ts and its traffic. Invariant: everything is written down in the turn in which it happened,
 * with the time, and handed out exactly once.
 */
import type { SkeinNode } from '../../src/index.ts';
import { nowMs } from './clock.ts';
import type { Ended, Report, Seen, Sent } from './protocol.ts';

const pulseEveryMs = 100;
/** A pulse later than this is noted: the loop stood still, by its own fault or the machine's. */
const gapFromMs = 400;
const usageEveryMs = 5000;

type Pages = { -readonly [Page in Exclude<keyof Report, 'type' | 'throughMs'>]: Report[Page][number][] };

export class Diary {
  private pages = emptyPages();
  private readonly upNodes = new Set<string>();
  private readonly timers: NodeJS.Timeout[];
  private pulseAt = nowMs();

  constructor(node: SkeinNode) {
    const { events } = node;
    events.addEventListener('node:up', ({ detail }) => this.node(detail.name, true, ''));
    events.addEventListener('node:down', ({ detail }) => this.node(detail.name, false, detail.reason));
    events.addEventListener('link:up', ({ detail }) => this.link(detail.node, true, detail.direction));
    events.addEventListener('link:down', ({ detail }) => this.link(detail.node, false, detail.reason));
    events.addEventListener('warning', ({ detail }) => this.pages.warnings.push(detail.text));
    events.addEventListener('close', ({ detail }) => {
      if (detail.error) this.pages.warnings.push(`closed itself: ${detail.error.message}`);
    });
    this.timers = [
      setInterval(() => this.pulse(), pulseEveryMs),
      setInterval(() => this.measure(), usageEveryMs),
    ];
  }

  /** Whom the node has told to be up. */
  get up(): string[] {
    return [...this.upNodes].sort();
  }

  received(key: string, isWhole: boolean): void {
    this.pages.received.push(key);
    if (!isWhole) this.pages.damaged.push(key);
  }

  sent(sent: Sent): void {
    this.pages.sent.push(sent);
  }

  ended(ended: Ended): void {
    this.pages.ended.push(ended);
  }

  /** Everything since the last report. */
  report(): Report {
    // A gap that is not noted yet belongs to this report: it lies before its end.
    this.pulse();
    const { pages } = this;
    this.pages = emptyPages();
    return { type: 'report', throughMs: nowMs(), ...pages };
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private node(node: string, up: boolean, reason: string): void {
    if (up) this.upNodes.add(node);
    else this.upNodes.delete(node);
    this.pages.nodes.push(seen(node, up, reason));
  }

  private link(node: string, up: boolean, reason: string): void {
    this.pages.links.push(seen(node, up, reason));
  }

  private pulse(): void {
    const now = nowMs();
    if (now - this.pulseAt >= gapFromMs) this.pages.gaps.push({ fromMs: this.pulseAt, toMs: now });
    this.pulseAt = now;
  }

  /** After a collection, so that garbage is not taken for growth. */
  private measure(): void {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    this.pages.usage.push({ atMs: nowMs(), rssBytes: rss, heapBytes: heapUsed, externalBytes: external });
  }
}

function seen(node: string, up: boolean, reason: string): Seen {
  return { node, up, reason, atMs: nowMs() };
}

export function emptyPages(): Pages {
  return {
    received: [],
    damaged: [],
    sent: [],
    ended: [],
    nodes: [],
    links: [],
    gaps: [],
    warnings: [],
    usage: [],
  };
}
