/** How a task is, in a line. Used by the commands that follow one. */
import { printable } from '../../../cli/kit/output.ts';
import type { TaskEvent } from '../api.ts';

const barWidth = 20;

/** `queued`, `running at b, 45%: frame 9 of 20`, `failed at b, attempt 2: out of memory`. */
export function eventLine({ state, worker, attempt, progress, note, reason }: TaskEvent): string {
  const parts = [placeOf({ state, worker, attempt }), ...(progress === undefined ? [] : [percent(progress)])];
  const said = [reason, note ?? ''].filter((text) => text !== '').join('; ');
  return printable(`${parts.join(', ')}${said === '' ? '' : `: ${said}`}`);
}

/** For a line that is redrawn: `running at b  [#########           ]  45%  frame 9 of 20`; without progress as above. */
export function progressLine(event: TaskEvent): string {
  const { progress, note } = event;
  if (progress === undefined) return eventLine(event);
  const full = Math.floor(progress * barWidth);
  const bar = `[${'#'.repeat(full).padEnd(barWidth)}]`;
  const said = note === undefined ? '' : `  ${note}`;
  return printable(`${placeOf(event)}  ${bar} ${percent(progress).padStart(4)}${said}`);
}

/** Rounded down: all of it is only what is done. */
export function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

function placeOf({ state, worker, attempt }: Pick<TaskEvent, 'state' | 'worker' | 'attempt'>): string {
  const place = worker === '' ? state : `${state} at ${worker}`;
  return attempt > 1 ? `${place}, attempt ${attempt}` : place;
}
