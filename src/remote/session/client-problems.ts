/**
 * Why a client has no session, in words of skein: nobody there, another user's socket, a node that is silent or full.
 *
 * Who calls it: the client's end of a session. Invariant: a node that is alive is never called ended.
 */
import { statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RuntimeEntry, RuntimeFolder } from '../../host/runtime-folder.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { codeOf, errorFromJson } from '../errors.ts';
import { controlLimits } from '../limits.ts';

/** Before anything is said there: is it this user's own, or root's? Undefined: it may be tried. */
export function problemOfSocket(path: string): SkeinError | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  const own = process.getuid?.();
  if (file === undefined || own === undefined) return undefined;
  if (!file.isSocket())
    return new SkeinError('SKEIN_ADDRESS', `${path} is no socket: a node says its own in skein up --control`);
  if (file.uid === own || file.uid === 0) return undefined;
  const text = `the socket ${path} belongs to user ${file.uid}, and this program runs as ${own}: nothing was said to it`;
  return new SkeinError('SKEIN_REFUSED', text);
}

/** The node has answered, with something else than a session. */
export async function problemOfAnswer(response: IncomingMessage): Promise<SkeinError> {
  const { code, detail, details } = (await readJson(response)) as Record<string, unknown>;
  return errorFromJson({ code, message: detail, details });
}

export function problemOfConnecting(path: string, found: Error): SkeinError {
  const options = { cause: found };
  switch (codeOf(found)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new SkeinError(
        'SKEIN_NOT_RUNNING',
        `no node answers at ${path}: start one with \`skein up\``,
        options,
      );
    case 'EACCES':
      return new SkeinError(
        'SKEIN_REFUSED',
        `${path} belongs to another user: run this as that user`,
        options,
      );
    case 'EAGAIN':
      return new SkeinError(
        'SKEIN_BUSY',
        `the node at ${path} is alive, but more clients connect than it takes: try again`,
        options,
      );
    default:
      return isAlive(path) ? noDescriptors(path, options) : endedEarly(path, options);
  }
}

/** It has closed the connection before it said a word, as the system does for a process that has no room for it. */
function noDescriptors(path: string, options: ErrorOptions): SkeinError {
  const text = `${whoAt(path)} is alive but has no free file descriptors: raise its limit (ulimit -n), or close links and clients`;
  return new SkeinError('SKEIN_BUSY', text, options);
}

function isAlive(path: string): boolean {
  try {
    const entry = entryAt(path);
    return entry !== undefined && process.kill(entry.pid, 0);
  } catch {
    return false;
  }
}

export function closedClient(): SkeinError {
  return new SkeinError('SKEIN_CLOSED', 'this client is closed');
}

export function endedEarly(path: string, options: ErrorOptions = {}): SkeinError {
  return new SkeinError('SKEIN_CLOSED', `the node at ${path} ended before it had answered`, options);
}

/** For what had begun: its end was not said. */
export function endedWithoutGoodbye(problem: SkeinError): SkeinError {
  return problem.code === 'SKEIN_CLOSED'
    ? new SkeinError('SKEIN_CLOSED', 'the node ended without a goodbye', { cause: problem })
    : problem;
}

export function silent(path: string): SkeinError {
  const seconds = controlLimits.answerTimeoutMs / 1000;
  return new SkeinError('SKEIN_TIMEOUT', `${whoAt(path)} does not answer for ${seconds} s; is it stopped?`);
}

/** `y (process 12041)`; a node that is not entered in the runtime folder is told by its socket. */
function whoAt(path: string): string {
  const unknown = `the node at ${path}`;
  try {
    const entry = entryAt(path);
    return entry === undefined ? unknown : `${entry.name} (process ${entry.pid})`;
  } catch {
    return unknown;
  }
}

function entryAt(path: string): RuntimeEntry | undefined {
  return RuntimeFolder.open()
    .list()
    .find(({ control }) => control === path);
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return json ?? {};
  } catch {
    return {};
  }
}
