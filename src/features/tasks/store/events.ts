/**
 * What operations on tasks note in the log of the store.
 *
 * Called by the rules of the store, which its model and its part on SQLite share. Invariant: an event names the task and why
 * it came to be as it is, never its input or result.
 */
import type { LogEvent } from '../../../kernel/log-event.ts';
import type { TaskId, TaskState } from '../core/tasks-types.ts';
import type { Doing } from './rows.ts';

type EventName =
  | Exclude<TaskState, 'waiting' | 'running' | 'offered'>
  | 'ordered'
  | 'offered'
  | 'declined'
  | 'started'
  | 'retried'
  | 'returned'
  | 'stale'
  | 'removed';

export interface EventTexts {
  /** Who it comes from. Default: the broker itself. */
  readonly author?: string;
  /** The worker that it is about, where it does not come from it. Default: none. */
  readonly worker?: string;
  readonly note?: string;
  /** Default: the author and the broker. */
  readonly trace?: readonly string[];
}

export function note(doing: Doing, name: EventName, subject: TaskId, texts: EventTexts): void {
  doing.events.push(taskEvent(doing, name, subject, texts));
}

function taskEvent(
  { now, via }: Doing,
  name: EventName,
  subject: TaskId,
  { author = '', worker = '', note = '', trace }: EventTexts,
): LogEvent {
  return {
    type: `task.${name}`,
    at: now,
    author,
    subject,
    recipients: worker === '' || worker === author ? [] : [worker],
    // The broker may be the one that it comes from.
    trace: trace ?? (author === '' || author === via ? [via] : [author, via]),
    note,
  };
}
