/**
 * What a process holds on to: its memory over its life, its handles at the end as at the beginning.
 *
 * Used by run.ts. Invariant: judged are only processes that lived long enough to tell growth from warming up;
 * of the others the slope is not even reported.
 */
import { quantile, theilSen } from './growth.ts';
import type { Life } from './history.ts';
import type { Answer, Usage } from './protocol.ts';

/**
 * Code is compiled and optimized for minutes: the heap grows by 1 to 2 MB in the first five and by ever
 * less after that, with faults as without.
 */
const warmUpMs = 600_000;
/** Over less than this a slope of 1 MB in 10 minutes is not told from noise: bodies on their way make 2 MB. */
const judgedFromMs = 900_000;
const slopeMaxBytes = 1024 * 1024;
/** One process alone may wander further, since its allocator does; a leak is in all of them, or far above this. */
const slopeAloneMaxBytes = 3 * 1024 * 1024;
const tenMinutesMs = 600_000;

export interface Growth {
  readonly life: string;
  readonly minutes: number;
  readonly rssBytesPer10Minutes: number;
  readonly heapBytesPer10Minutes: number;
  /** All that was measured, for whoever looks for the cause. */
  readonly usage: readonly Usage[];
}

/** Of each life that was long enough; steepest first. */
export function growthOf(lives: readonly Life[]): Growth[] {
  const growths = lives.flatMap((life) => {
    const usage = life.usage.filter(({ atMs }) => atMs - life.readyMs >= warmUpMs);
    const spanMs = (usage.at(-1)?.atMs ?? 0) - (usage[0]?.atMs ?? 0);
    if (spanMs < judgedFromMs) return [];
    return {
      life: `${life.name}/${life.number}`,
      minutes: spanMs / 60_000,
      rssBytesPer10Minutes: slope(usage, 'rssBytes'),
      heapBytesPer10Minutes: slope(usage, 'heapBytes'),
      usage: life.usage,
    };
  });
  return growths.sort((a, b) => b.rssBytesPer10Minutes - a.rssBytesPer10Minutes);
}

/** Who grows too fast: the process in the middle stands for all, and each for itself. */
export function tooSteep(growths: readonly Growth[]): Growth[] {
  const middle = growths[Math.floor(growths.length / 2)];
  const all = middle !== undefined && middle.rssBytesPer10Minutes > slopeMaxBytes ? [middle] : [];
  return [...all, ...growths.filter(({ rssBytesPer10Minutes }) => rssBytesPer10Minutes > slopeAloneMaxBytes)];
}

/** The middle and the largest RSS of all members at their last measurement. */
export function finalRss(lives: readonly Life[]): { median: number; max: number } {
  const last = lives.flatMap(({ usage }) => usage.at(-1)?.rssBytes ?? []);
  return { median: quantile(last, 0.5) ?? 0, max: Math.max(0, ...last) };
}

/**
 * Handles that a member holds in a calm mesh, by kind; sockets beyond one per link count as their own kind.
 * A crowd that has just met still dials now and then: the least of several answers is what it needs.
 */
export function heldHandles(answers: readonly Answer[]): Record<string, number> {
  const held: Record<string, number> = {};
  for (const [i, { resources, links }] of answers.entries()) {
    const { TCPSocketWrap: sockets = 0, ...rest } = resources;
    const counts = { ...rest, 'sockets beyond links': Math.max(0, sockets - links.length) };
    for (const kind of new Set([...Object.keys(held), ...Object.keys(counts)])) {
      const count = counts[kind as keyof typeof counts] ?? 0;
      held[kind] = i === 0 ? count : Math.min(held[kind] ?? 0, count);
    }
  }
  return held;
}

/** Kinds of which there are more now than then, in words. */
export function leakedHandles(then: Record<string, number>, now: Record<string, number>): string[] {
  return Object.entries(now)
    .filter(([kind, count]) => count > (then[kind] ?? 0))
    .map(([kind, count]) => `${kind}: ${then[kind] ?? 0} at first, ${count} at the end`);
}

function slope(usage: readonly Usage[], field: 'rssBytes' | 'heapBytes'): number {
  return theilSen(usage.map((at) => ({ atMs: at.atMs, value: at[field] }))) * tenMinutesMs;
}
