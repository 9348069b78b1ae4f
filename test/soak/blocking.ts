/**
 * Eight real processes whose event loops sleep 2 s of every 5, each at moments of its own: nobody may be told
 * down, and every broadcast reaches everybody.
 *
 * Run by test/e2e/blocking.test.ts, and for the figure as `node scripts/run.mjs test/soak/blocking-main.ts`.
 * Invariant: the processes are on loopback, in a mesh of their own, and gone when it returns.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nowMs } from './clock.ts';
import { Crew, memberNames, type Overseer } from './crew.ts';
import { quantile } from './growth.ts';
import { Judge } from './judge.ts';
import { KeyHolders } from './key-holders.ts';
import { openLoopback } from './loopback.ts';
import { buildPrograms } from './program.ts';
import type { Ended, Interval, Seen } from './protocol.ts';

export interface BlockingResult {
  readonly nodes: number;
  readonly seconds: number;
  /** How often a loop stood still for about as long as it was told to. */
  readonly blocks: number;
  /** Whom somebody was told to be down, and by whom; after everyone had been told up. */
  readonly downs: readonly string[];
  readonly linksLost: number;
  readonly broadcasts: number;
  /** Broadcasts that had a receipt of every other node. */
  readonly complete: number;
  readonly receiptsMedianMs: number;
  readonly violations: readonly string[];
}

const nodes = 8;
const block = { everyMs: 5000, forMs: 2000 };
/** Two sleeps of a recipient and one of a relay fit. */
const traffic = { everyMs: 1500, timeoutMs: 10_000, broadcastOnly: true };
const meetMaxMs = 60_000;

export async function runBlocking(seconds: number, seed: number): Promise<BlockingResult> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-blocking-'));
  const judge = new Judge(memberNames(nodes), traffic.timeoutMs);
  const heard: Heard = { judge, downs: [], linksLost: [], ended: [] };
  const ground = await openLoopback('it is about event loops, not about networks');
  const programs = await buildPrograms(folder);
  const crew = new Crew(
    { seed, members: nodes, traffic, block },
    ground,
    await KeyHolders.open(ground, folder, programs.skein),
    listenIn(heard),
    folder,
    programs.member,
  );
  const killAll = (): void => crew.killAll();
  process.once('exit', killAll);
  try {
    await crew.startAll();
    await meet(crew);
    const fromMs = nowMs();
    crew.turnTraffic(true);
    await wait(seconds * 1000);
    crew.turnTraffic(false);
    await wait(traffic.timeoutMs);
    const during = { fromMs, toMs: nowMs() };
    await crew.close();
    judge.check(true);
    return resultOf(heard, seconds, during);
  } finally {
    crew.killAll();
    process.removeListener('exit', killAll);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the members told, besides what the judge keeps. */
interface Heard {
  readonly judge: Judge;
  readonly downs: { readonly by: string; readonly seen: Seen }[];
  readonly linksLost: Seen[];
  readonly ended: { readonly ended: Ended; readonly tookMs: number }[];
}

function listenIn(heard: Heard): Overseer {
  const { judge, downs, linksLost, ended } = heard;
  const begun = new Map<string, number>();
  return {
    history: judge.history,
    accuse: (kind, text) => judge.accuse(kind, text),
    report: (life, report) => {
      for (const seen of report.nodes) if (!seen.up) downs.push({ by: life.name, seen });
      linksLost.push(...report.links.filter(({ up }) => !up));
      for (const { key, atMs } of report.sent) begun.set(key, atMs);
      for (const end of report.ended)
        ended.push({ ended: end, tookMs: end.atMs - (begun.get(end.key) as number) });
      judge.report(life, report);
    },
  };
}

function resultOf(heard: Heard, seconds: number, { fromMs, toMs }: Interval): BlockingResult {
  const isWithin = (atMs: number): boolean => atMs >= fromMs && atMs <= toMs;
  const gaps = heard.judge.history.all().flatMap((life) => life.gaps);
  const downs = heard.downs.filter(({ seen }) => isWithin(seen.atMs));
  return {
    nodes,
    seconds,
    blocks: gaps.filter((gap) => isWithin(gap.fromMs) && gap.toMs - gap.fromMs >= block.forMs * 0.9).length,
    downs: downs.map(({ by, seen }) => `${seen.node} (${seen.reason}) by ${by}`),
    linksLost: heard.linksLost.filter(({ atMs }) => isWithin(atMs)).length,
    broadcasts: heard.ended.length,
    complete: heard.ended.filter(({ ended }) => countOf(ended) === nodes - 1).length,
    receiptsMedianMs: Math.round(
      quantile(
        heard.ended.map(({ tookMs }) => tookMs),
        0.5,
      ) ?? 0,
    ),
    violations: heard.judge.violations.map(({ kind, text }) => `${kind}: ${text}`),
  };
}

function countOf({ delivered }: Ended): number {
  return typeof delivered === 'number' ? delivered : delivered.length;
}

async function meet(crew: Crew): Promise<void> {
  const deadline = nowMs() + meetMaxMs;
  for (;;) {
    const answers = await crew.probe();
    if (answers.every((answer) => answer?.known.length === nodes - 1)) return;
    if (nowMs() > deadline) throw new Error(`the nodes did not meet within ${meetMaxMs / 1000} s`);
    await wait(500);
  }
}
