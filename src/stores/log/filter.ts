/** Whether an event of the log is wanted. Called for each event that a reader's page looks at. */
import type { LogEvent, LogFilter } from '../../kernel/log-event.ts';

export function fits(event: LogEvent, filter: LogFilter): boolean {
  const { types, author, recipient, subject, node, since, until } = filter;
  return (
    (types === undefined || types.some((type) => isOfType(event.type, type))) &&
    (author === undefined || event.author === author) &&
    (recipient === undefined || event.recipients.includes(recipient)) &&
    (subject === undefined || event.subject === subject) &&
    (node === undefined || concerns(event, node)) &&
    (since === undefined || event.at >= since) &&
    (until === undefined || event.at < until)
  );
}

function isOfType(type: string, wanted: string): boolean {
  return type === wanted || type.startsWith(`${wanted}.`);
}

function concerns({ author, subject, recipients }: LogEvent, node: string): boolean {
  return author === node || subject === node || recipients.includes(node);
}
