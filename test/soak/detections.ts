/**
 * How soon a node that was killed, stopped or cut off was told down, by those who could tell.
 *
 * Used by the judge. Invariant: each observer counts once per fault, and only if it ran without a break from
 * the fault to its word; the cause is the oldest of the faults that were not over yet.
 */
import type { History, Life } from './history.ts';
import { overlap } from './history.ts';
import type { Interval, Seen } from './protocol.ts';

export type Cause = 'kill' | 'stop' | 'cut';

/** What a fault does to a node is told at the latest this long after its end. */
const lateMs = 1000;
const settleMs = 10_000;

interface Claim {
  readonly life: Life;
  readonly seen: Seen;
}

interface Fault extends Interval {
  readonly cause: Cause;
}

export class Detections {
  readonly samplesMs: Record<Cause, number[]> = { kill: [], stop: [], cut: [] };
  private readonly history: History;
  private waiting: Claim[] = [];
  private readonly counted = new Set<string>();

  constructor(history: History) {
    this.history = history;
  }

  note(life: Life, nodes: readonly Seen[]): void {
    for (const seen of nodes) if (!seen.up && seen.reason === 'lost') this.waiting.push({ life, seen });
  }

  judge(now: number, all: boolean): void {
    const isRipe = ({ seen }: Claim): boolean => all || now - seen.atMs >= settleMs;
    const ripe = this.waiting.filter(isRipe);
    this.waiting = this.waiting.filter((claim) => !isRipe(claim));
    for (const { life, seen } of ripe) this.measure(life, seen);
  }

  private measure(life: Life, seen: Seen): void {
    const fault = this.faultBehind(life, seen);
    if (fault === undefined) return;
    const key = `${life.name}/${life.number} ${seen.node} ${fault.atMs}`;
    const during = { fromMs: fault.atMs, toMs: seen.atMs };
    if (this.counted.has(key) || [...life.stops, ...life.gaps].some((still) => overlap(still, during)))
      return;
    this.counted.add(key);
    this.samplesMs[fault.cause].push(seen.atMs - fault.atMs);
  }

  private faultBehind(observer: Life, { node, atMs }: Seen): { cause: Cause; atMs: number } | undefined {
    const faults = [...this.faultsOf(node), ...this.partitionsOf(observer, node)];
    return faults
      .filter(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs + lateMs)
      .map(({ cause, fromMs }) => ({ cause, atMs: fromMs }))
      .sort((a, b) => a.atMs - b.atMs)[0];
  }

  private faultsOf(node: string): Fault[] {
    const lives = this.history.livesOf(node);
    return lives.flatMap((life, i) => {
      const stops = life.stops.map((stop): Fault => ({ cause: 'stop', ...stop }));
      const toMs = lives[i + 1]?.readyMs ?? Number.POSITIVE_INFINITY;
      return life.killed ? [...stops, { cause: 'kill', fromMs: life.endedMs as number, toMs }] : stops;
    });
  }

  /** Other cuts leave ways round. */
  private partitionsOf(observer: Life, node: string): Fault[] {
    const host = this.history.livesOf(node)[0]?.host;
    return this.history.blocks
      .filter(({ kind, from, to }) => kind === 'partition' && from === host && to === observer.host)
      .map(({ fromMs, toMs }) => ({ cause: 'cut', fromMs, toMs }));
  }
}
