/**
 * A module as the handler of tasks: each task has a thread to itself, so that one that blocks keeps nothing else waiting.
 *
 * Used by `tasks.work` of a node in this process and of an attached one. Invariant: to both it is a handler like any other;
 * what it throws, and why its thread has ended, are the failure of the attempt.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { decodeBody } from '../../../kit/codec.ts';
import { type HandlerModule, type HandlerThreads, handlerThreadsPart } from '../../../kit/handler-threads.ts';
import type { Job } from '../api.ts';
import { taskLimits } from '../core/limits.ts';
import type { LoopWatch, Platform } from './loop-watch.ts';

/** What is worked with: a function, or what makes one of a module. */
export interface GivenHandler {
  readonly run: (job: Job) => unknown;
  /** Undefined: it is a function of the program. */
  readonly module?: HandlerModule;
}

/** @throws TypeError: it is neither. SkeinError SKEIN_INVALID: there is no such module, or no threads. */
export function handlerOf(given: unknown, platform: Platform, watch: LoopWatch): GivenHandler {
  if (typeof given === 'function')
    return { run: (job) => watch.during(job.service, () => (given as GivenHandler['run'])(job)) };
  if (typeof given !== 'string' && !(given instanceof URL))
    throw new TypeError(
      'tasks.work: the handler is a function, or the path or URL of a module whose default export is one',
    );
  const threads = platform.platformPart<HandlerThreads>(handlerThreadsPart);
  if (threads === undefined)
    throw new SkeinError(
      'SKEIN_INVALID',
      'tasks.work: there are no threads here: give the handler as a function',
    );
  const module = threads.open(given, taskLimits.taskThreadGraceMs);
  return { run: (job) => runIn(module, job), module };
}

async function runIn(module: HandlerModule, { input, signal, progress, ...facts }: Job): Promise<unknown> {
  const { encoding, bytes } = await module.run({ facts, input, signal, progress });
  checkResultBytes(bytes.length);
  return decodeBody(encoding, bytes);
}

/** @throws SkeinError SKEIN_TOO_LARGE */
export function checkResultBytes(length: number): void {
  const { taskResultBytes } = taskLimits;
  if (length <= taskResultBytes) return;
  const text = `its result of ${length} bytes is over the limit of ${taskResultBytes}: put it into a file, and give its place`;
  throw new SkeinError('SKEIN_TOO_LARGE', text);
}
