/**
 * Ctrl-C, and what is printed until then.
 *
 * Used by commands that go on until they are interrupted. Invariant: a command that was interrupted ends, also where
 * nobody reads what it has printed.
 */
import { whenAborted } from '../../kit/when-aborted.ts';
import { ExitError } from './exit.ts';
import { printed } from './output.ts';

let isOver = false;

export function wasInterrupted(): boolean {
  return isOver;
}

/** Fires at Ctrl-C: what streams end with, so that the command ends as it would otherwise. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      isOver = true;
      controller.abort();
    });
  return controller.signal;
}

/**
 * Prints a line of a stream and resolves once it is written: a reader that stands still stops the stream, and what must
 * not be lost is not settled before.
 *
 * @throws ExitError where it was interrupted before: the line may not be written.
 */
export function printedItem(text: string, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = whenAborted(interrupt, () => reject(new ExitError(0)));
    printed(text).finally(forget).then(resolve, reject);
  });
}
