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
  const exitCode = await finish(story, told(), interrupted);
  if (exitCode === 0 && !interrupted.aborted)
    print(`the whole story took ${(story.elapsedMs / 1000).toFixed(1)} s`);
  return exitCode;
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
  const exitCode = await finish(story, endless(), interrupted).finally(async () => {
    drawing.abort();
    await drawn;
    process.stdout.write(alternateScreen.off);
  });
  print(told.slice(-3).join('\n'));
  return exitCode;
}

/** Whichever comes first, the story's end or a person's; then everything is put away. */
async function finish(story: Story, telling: Promise<void>, interrupted: AbortSignal): Promise<number> {
  let exitCode = 0;
  try {
    await Promise.race([telling, abortOf(interrupted)]);
  } catch (problem) {
    printError(`skein: demo failed: ${(problem as Error).message}`);
    exitCode = 1;
  }
  // What the story still waits for fails when its nodes go: that is no news.
  telling.catch(() => {});
  await story.end();
  return exitCode;
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
    const { columns, rows } = process.stdout;
    const flow = traffic && {
      source: traffic.source,
      destination: traffic.destination,
      sent: traffic.sent,
      delivered: traffic.delivered,
      missing: traffic.missing,
      route: traffic.last?.route ?? [],
    };
    process.stdout.write(drawScene({ names, lost, topology, traffic: flow, told, size: { columns, rows } }));
    await sleep(drawIntervalMs, undefined, { signal }).catch(() => {});
  }
}

async function currentTopology(story: Story): Promise<Topology> {
  const asked = story.traffic?.source ?? [...story.fleet.nodes.keys()][0];
  return asked === undefined ? {} : story.topology(asked);
}
