/**
 * What the diaries hold of some members around a moment: what a person needs to understand a violation.
 *
 * Called by the checks for a death that should not have been; printed beside it. Invariant: it judges nothing.
 */
import type { History, Life } from './history.ts';
import type { Interval, Seen } from './protocol.ts';

/** Before the moment, and a little after it. */
const tellBeforeMs = 25_000;
const tellAfterMs = 2000;

/** In lines, each with the time of the run. */
export function storyOf(history: History, names: readonly string[], atMs: number): string[] {
  const during = { fromMs: atMs - tellBeforeMs, toMs: atMs + tellAfterMs };
  return names.flatMap((name) =>
    history.livesOf(name).flatMap((life) => lifeStory(history, life, names, during)),
  );
}

function lifeStory(history: History, life: Life, names: readonly string[], during: Interval): string[] {
  const isWithin = (ms: number | undefined): ms is number =>
    ms !== undefined && ms >= during.fromMs && ms <= during.toMs;
  const events: [number, string][] = [];
  if (isWithin(life.readyMs)) events.push([life.readyMs, 'ready']);
  if (isWithin(life.endedMs)) events.push([life.endedMs, life.killed ? 'killed' : 'left']);
  for (const [what, whiles] of [
    ['stopped', life.stops],
    ['stood still', life.gaps],
    ['ended links itself', life.ownEnds],
  ] as const)
    for (const { fromMs, toMs } of whiles)
      if (isWithin(fromMs)) events.push([fromMs, `${what} until ${history.timeOf(toMs)}`]);
  for (const seen of linksOf(life, names)) if (isWithin(seen.atMs)) events.push([seen.atMs, linkText(seen)]);
  return events
    .sort(([a], [b]) => a - b)
    .map(([ms, text]) => `  ${history.timeOf(ms)} ${life.name}/${life.number} ${text}`);
}

function linksOf(life: Life, names: readonly string[]): Seen[] {
  return [...life.links.values()].flat().filter(({ node }) => names.includes(node));
}

function linkText({ node, up, reason }: Seen): string {
  return up ? `link to ${node} up` : `link to ${node} down (${reason})`;
}
