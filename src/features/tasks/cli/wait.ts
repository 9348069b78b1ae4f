/**
 * Waits for the result of a task. Where standard error is a terminal, one line there says how far it is.
 *
 * Called by `task order --wait`. Invariant: the line is gone when the wait is over; a wait that ends before the task does
 * says that the task goes on, with its id.
 */
import { ExitError } from '../../../cli/kit/exit.ts';
import { interrupted } from '../../../cli/kit/interrupt.ts';
import { LiveLine } from '../../../cli/kit/live-line.ts';
import { printError } from '../../../cli/kit/output.ts';
import { SkeinError } from '../../../kernel/index.ts';
import type { ControlClient } from '../../../remote/client.ts';
import { progressLine } from './event-line.ts';

/** @throws SkeinError as the task has ended otherwise; ExitError at Ctrl-C. */
export async function resultOf(client: ControlClient, id: string): Promise<unknown> {
  const interrupt = interrupted();
  const progress = new AbortController();
  const shown = process.stderr.isTTY ? showProgress(client, id, progress.signal) : undefined;
  try {
    const { result } = await client.call('taskResult', { id }, { signal: interrupt });
    return result ?? null;
  } catch (problem) {
    progress.abort();
    await shown;
    throw waitProblem(problem, id, interrupt.aborted);
  } finally {
    progress.abort();
    await shown;
  }
}

function waitProblem(problem: unknown, id: string, isInterrupted: boolean): unknown {
  const goesOn = `task ${id} goes on: \`skein task show ${id.slice(0, 8)}\` shows how it is`;
  if (isInterrupted) {
    printError(`skein: no longer waiting; ${goesOn}`);
    return new ExitError(1);
  }
  const hasEnded = (problem as { details?: { state?: unknown } | null }).details?.state !== undefined;
  if (hasEnded || !(problem instanceof SkeinError)) return problem;
  return new SkeinError(problem.code, `${problem.message}; ${goesOn}`, { cause: problem });
}

/** Never fails: that the task cannot be followed is what the wait for its result fails with. */
async function showProgress(client: ControlClient, id: string, signal: AbortSignal): Promise<void> {
  const line = new LiveLine(process.stderr);
  try {
    for await (const event of client.stream('followTask', { id }, { signal })) line.show(progressLine(event));
  } catch {
  } finally {
    line.clear();
  }
}
