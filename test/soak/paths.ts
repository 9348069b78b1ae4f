/**
 * Was there, all the time, a way between two members that nothing was done to?
 *
 * Used by the judge for every node that was told down. Invariant: in doubt the answer is no; only links that
 * both ends had told up before the window began count, between lives that ran and turned all through it.
 */
import type { History, Life } from './history.ts';
import { overlap } from './history.ts';
import type { Interval } from './protocol.ts';

/**
 * Silence kills after 4 s (3 s of tolerance and a heartbeat); what broke a link may have ended just before,
 * and TCP takes as long again to send what it had held back.
 */
const windowMs = 6000;
/** A loop that stood still for longer than this is not held against those who thought it dead. */
const stillMs = 2500;

/** The lives by name that ran, turned and reported all through the window. */
export function soundLives(history: History, window: Interval): Map<string, Life> {
  const sound = new Map<string, Life>();
  for (const life of history.all()) if (isSound(life, window)) sound.set(life.name, life);
  return sound;
}

/** A way by sound lives and sound links, both ends included; undefined when there is none. */
export function soundPath(
  history: History,
  from: string,
  to: string,
  window: Interval,
): string[] | undefined {
  const cameFrom = soundReach(history, from, window);
  return cameFrom.has(to) ? wayBack(cameFrom, to) : undefined;
}

/** Everyone to whom there is such a way, `from` itself included, with the one before on the way. */
export function soundReach(
  history: History,
  from: string,
  window: Interval,
): ReadonlyMap<string, string | undefined> {
  const sound = soundLives(history, window);
  const cameFrom = new Map<string, string | undefined>();
  const first = sound.get(from);
  if (first === undefined) return cameFrom;
  cameFrom.set(from, undefined);
  const queue = [first];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const name of at.links.keys()) {
      const next = sound.get(name);
      if (next === undefined || cameFrom.has(name) || !isSoundLink(history, at, next, window)) continue;
      cameFrom.set(name, at.name);
      queue.push(next);
    }
  }
  return cameFrom;
}

/**
 * Both ends had it before the window, nothing that was done in the window could have broken it, and it has not
 * ended in it for something that was done before.
 */
function isSoundLink(history: History, a: Life, b: Life, window: Interval): boolean {
  if (!wasUp(a, b.name, window.fromMs) || !wasUp(b, a.name, window.fromMs)) return false;
  if (history.isBlocked(a.host, b.host, window)) return false;
  // Which of its links a member ends the diary does not say: none of them is held against it.
  if ([...a.ownEnds, ...b.ownEnds].some((ends) => overlap(ends, window))) return false;
  return [...endsOf(a, b.name, window), ...endsOf(b, a.name, window)].every((atMs) =>
    endedWithoutCause(history, a, b, atMs),
  );
}

/** A link that should not have ended then counts as standing. */
export function endedWithoutCause(history: History, a: Life, b: Life, atMs: number): boolean {
  const window = windowBefore(atMs);
  return isSound(a, window) && isSound(b, window) && isSoundLink(history, a, b, window);
}

export function windowBefore(atMs: number): Interval {
  return { fromMs: atMs - windowMs, toMs: atMs };
}

/** When its link to this neighbor ended, within the window and before its end. */
function endsOf(life: Life, neighbor: string, { fromMs, toMs }: Interval): number[] {
  const told = life.links.get(neighbor) ?? [];
  return told.flatMap(({ up, atMs }) => (!up && atMs > fromMs && atMs < toMs ? [atMs] : []));
}

function isSound(life: Life, window: Interval): boolean {
  const { readyMs, endedMs, throughMs, stops, gaps } = life;
  if (readyMs > window.fromMs || throughMs < window.toMs) return false;
  if (endedMs !== undefined && endedMs <= window.toMs) return false;
  if (stops.some((stop) => overlap(stop, window))) return false;
  return !gaps.some((gap) => gap.toMs - gap.fromMs > stillMs && overlap(gap, window));
}

/** The last that was told of this neighbor before the given moment. */
function wasUp(life: Life, neighbor: string, atMs: number): boolean {
  const before = life.links.get(neighbor)?.findLast((seen) => seen.atMs <= atMs);
  return before?.up ?? false;
}

function wayBack(cameFrom: ReadonlyMap<string, string | undefined>, to: string): string[] {
  const path: string[] = [];
  for (let at: string | undefined = to; at !== undefined; at = cameFrom.get(at)) path.unshift(at);
  return path;
}
