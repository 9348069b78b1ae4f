/** Times as flags say them: a duration from now, or a time. Used by the commands that list, and by those that order. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../kit/duration.ts';

/** `10m` is in ten minutes. @returns Unix milliseconds. */
export function laterOption(text: string): number {
  return timeOf(text, 1);
}

/** `10m` is ten minutes ago. @returns Unix milliseconds. */
export function agoOption(text: string): number {
  return timeOf(text, -1);
}

function timeOf(text: string, direction: 1 | -1): number {
  const duration = parseDuration(text);
  const at = duration === undefined ? Date.parse(text) : Date.now() + direction * duration;
  if (Number.isFinite(at) && at >= 0) return at;
  throw new InvalidArgumentError('Expected a duration such as 30m, or a time such as 2026-11-29T12:00.');
}
