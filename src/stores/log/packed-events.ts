/**
 * Events of one operation as one text: JSON, in which a field that is the same as in the event before is a 0.
 *
 * Used by the log of every store, so that a put of 500 letters is one row, and little more than their ids. Invariant:
 * what was packed is read as it was, names and texts cut to their limits.
 */
import type { LogEvent } from '../../kernel/log-event.ts';
import { storeLimits } from '../limits.ts';

/** Type, milliseconds since the event before, author, subject, recipients, trace, note. Names are separated by spaces. */
type Packed = [string | 0, number, string | 0, string | 0, string | 0, string | 0, string | 0];

type Flat = readonly [string, number, string, string, string, string, string];

/** @param at Unix milliseconds, from which the times are counted. */
export function pack(at: number, events: readonly LogEvent[]): string {
  let before: Flat = ['', at, '', '', '', '', ''];
  const packed = events.map((event): Packed => {
    const flat = flatten(event);
    const changed = <Field extends 0 | 2 | 3 | 4 | 5 | 6>(field: Field): string | 0 =>
      flat[field] === before[field] ? 0 : flat[field];
    const row: Packed = [
      changed(0),
      flat[1] - before[1],
      changed(2),
      changed(3),
      changed(4),
      changed(5),
      changed(6),
    ];
    before = flat;
    return row;
  });
  return JSON.stringify(packed);
}

/** @throws SyntaxError or TypeError for a row that something else has written. */
export function unpack(at: number, text: string): LogEvent[] {
  let before: Flat = ['', at, '', '', '', '', ''];
  return (JSON.parse(text) as Packed[]).map((row) => {
    const [type, elapsed, author, subject, recipients, trace, note] = row;
    before = [
      type === 0 ? before[0] : type,
      before[1] + elapsed,
      author === 0 ? before[2] : author,
      subject === 0 ? before[3] : subject,
      recipients === 0 ? before[4] : recipients,
      trace === 0 ? before[5] : trace,
      note === 0 ? before[6] : note,
    ];
    return {
      type: before[0],
      at: before[1],
      author: before[2],
      subject: before[3],
      recipients: namesOf(before[4]),
      trace: namesOf(before[5]),
      note: before[6],
    };
  });
}

function flatten({ type, at, author, subject, recipients, trace, note }: LogEvent): Flat {
  const { logNamesMax, logTextMax } = storeLimits;
  const isCut = recipients.length > logNamesMax;
  const more = isCut ? `and ${recipients.length - logNamesMax} more recipients` : '';
  return [
    cut(type),
    at,
    cut(author),
    cut(subject),
    (isCut ? recipients.slice(0, logNamesMax) : recipients).join(' '),
    (trace.length > logNamesMax ? trace.slice(-logNamesMax) : trace).join(' '),
    (more === '' || note === '' ? note + more : `${note}; ${more}`).slice(0, logTextMax),
  ];
}

function cut(text: string): string {
  return text.length > storeLimits.logTextMax ? text.slice(0, storeLimits.logTextMax) : text;
}

function namesOf(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}
