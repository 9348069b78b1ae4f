/**
 * `skein demo`: tells the story once in plain lines or, on a terminal, over and over beside a live picture.
 *
 * Called by the demo command. Invariant: however it ends (its story's end, Ctrl-C, a reader that has had enough, a
 * step that failed) all its processes and its folder are gone before this returns.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../node/node.ts';
import { drawScene } from './demo/picture.ts';
import { type Pace, Story } from './demo/story.ts';
import { print, printError, whenOutputEnds } from './kit/output.ts';

const plainPace: Pace = { messageIntervalMs: 20, pauseMs: 300, calmMessages: 25 };
const livePace: Pace = { messageIntervalMs: 250, pauseMs: 4000, calmMessages: 4 };
const drawIntervalMs = 200;
const alternateScreen = { on: '\u001b[?1049h\u001b[?25l', off: '\u001b[?25h\u001b[?1049l' };

/** The exit code: 0 when the story came true or a person ended it, 1 when a step failed. */
export async function runDemo(): Promise<number> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const goOn = whenOutputEnds(stop);
  try {
    return await (process.stdout.isTTY ? runLive(interrupt.signal) : runPlain(interrupt.signal));
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    goOn();
  }
}

async function runPlain(interrupted: AbortSignal): Promise<number> {
  const story = await Story.open(print, plainPace);
  const told = async () => {
    await story.begin();
    await story.loseRelay();
  };
  const failure = await finish(story, told(), interrupted);
  if (failure === undefined && !interrupted.aborted)
    print(`the whole story took ${(story.elapsedMs / 1000).toFixed(1)} s`);
  return exitCodeOf(failure);
}

async function runLive(interrupted: AbortSignal): Promise<number> {
  const told: string[] = [];
  const story = await Story.open((line) => told.push(line), livePace);
  const endless = async () => {
    await story.begin();
    while (!interrupted.aborted) await story.loseRelay();
  };
  process.stdout.write(alternateScreen.on);
  const drawing = new AbortController();
  const drawn = keepDrawing(story, told, drawing.signal);
  const failure = await finish(story, endless(), interrupted).finally(async () => {
    drawing.abort();
    await drawn;
    process.stdout.write(alternateScreen.off);
  });
  print(told.slice(-3).join('\n'));
  return exitCodeOf(failure);
}

/** Said last: what was on the other screen is gone with it. */
function exitCodeOf(failure: Error | undefined): number {
  if (failure === undefined) return 0;
  printError(`skein: demo failed: ${failure.message}`);
  return 1;
}

/** Whichever comes first, the story's end or a person's; then everything is put away. Resolves with what failed. */
async function finish(
  story: Story,
  telling: Promise<void>,
  interrupted: AbortSignal,
): Promise<Error | undefined> {
  let failure: Error | undefined;
  try {
    await Promise.race([telling, abortOf(interrupted)]);
  } catch (problem) {
    failure = problem as Error;
  }
  // What the story still waits for fails when its nodes go: that is no news.
  telling.catch(() => {});
  await story.end();
  return failure;
}

function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function keepDrawing(story: Story, told: readonly string[], signal: AbortSignal): Promise<void> {
  let topology: Topology = {};
  while (!signal.aborted) {
    topology = await currentTopology(story).catch(() => topology);
    const { traffic, names, lost } = story;
    // A terminal that nobody has told its size says 0.
    const { columns, rows } = process.stdout;
    const size = { columns: columns || 80, rows: rows || 24 };
    const flow = traffic && {
      source: traffic.source,
      destination: traffic.destination,
      sent: traffic.sent,
      delivered: traffic.delivered,
      missing: traffic.missing,
      route: traffic.last?.route ?? [],
    };
    process.stdout.write(drawScene({ names, lost, topology, traffic: flow, told, size }));
    await sleep(drawIntervalMs, undefined, { signal }).catch(() => {});
  }
}

async function currentTopology(story: Story): Promise<Topology> {
  const asked = story.traffic?.source ?? [...story.fleet.nodes.keys()][0];
  return asked === undefined ? {} : story.topology(asked);
}
