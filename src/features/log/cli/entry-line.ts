/** An event of the log as people read it: one line. */
import { localTime } from '../../../cli/kit/local-time.ts';
import { printable } from '../../../cli/kit/output.ts';
import type { LogEntry } from '../api.ts';

const typeWidth = 16;
const idLength = 8;
/** Of an event for many; `--json` has all that the log has. */
const recipientsShown = 3;

/** `2026-11-29T12:44:25  letter.stored     a -> b  4f1c20ab  letter`. */
export function textLine({ at, type, from, subject, to, note }: LogEntry): string {
  const time = at === 0 ? '-'.padEnd(localTime(0).length) : localTime(at);
  const who = to.length === 0 ? from : `${from} -> ${shortened(to)}`;
  const what = /^[0-9a-f]{32}$/.test(subject) ? subject.slice(0, idLength) : subject;
  const rest = [who, what === from ? '' : what, note].filter((text) => text !== '');
  return printable([time, type.padEnd(typeWidth), ...rest].join('  '));
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, recipientsShown).join(', ');
  return names.length > recipientsShown ? `${shown} and ${names.length - recipientsShown} more` : shown;
}
