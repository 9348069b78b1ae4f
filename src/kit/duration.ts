/**
 * Durations as people write them: `10s`, `500ms`, `2m`; a number alone is seconds.
 *
 * Used by the settings of a node and by the commands' waiting options. Pure.
 */
const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

export const acceptedDurations = 'a duration such as 500ms, 10s or 2m (a number alone is seconds)';

/** Milliseconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = (match[2] ?? 's') as keyof typeof millisecondsPer;
  return Math.round(Number(match[1]) * millisecondsPer[unit]);
}

/** The shortest of `1.5s`, `250ms`, `3m 20s`: for people. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${Math.round(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
