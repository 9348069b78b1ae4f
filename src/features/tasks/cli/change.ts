/**
 * `skein task cancel`, `task retry` and `task rm`: tasks are ended, ordered again, or forgotten.
 *
 * Invariant: each id that was given is tried; what one of them has come to keeps no other one from its turn.
 */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError, exitCodeOf, lineOf } from '../../../cli/kit/exit.ts';
import { print, printError, printJson } from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { CancelOutcome } from '../api.ts';
import { findTask, hasEnded } from './find-task.ts';

/** What was done: as JSON, and for people. */
interface Done {
  readonly json: object;
  readonly text: string;
}

/** @throws Error where there is nothing to do. */
type Act = (client: ControlClient, given: string) => Promise<Done>;

export function buildCancel(): Command {
  return built(
    nodeCommand('cancel', 'cancel tasks: they are not begun, or their workers stop them', [
      'skein task cancel 4f1c 77ab',
    ]),
    cancel,
  );
}

export function buildRetry(): Command {
  return built(
    nodeCommand('retry', 'order tasks again that have ended and are not done', ['skein task retry 4f1c']),
    retry,
  );
}

export function buildRemove(): Command {
  return built(nodeCommand('rm', 'forget tasks that have ended', ['skein task rm 4f1c']), remove);
}

function built(bare: Command, act: Act): Command {
  return withJson(bare)
    .argument('<id...>', idHelp)
    .action(async (ids: readonly string[], flags: NodeChoice & PrintChoice) => {
      const done: Done[] = [];
      let exitCode = 0;
      await withNode(flags, async (client) => {
        for (const given of ids) {
          try {
            const one = await act(client, given);
            done.push(one);
            if (flags.json !== true) print(one.text);
          } catch (problem) {
            printError(lineOf(problem) ?? '');
            exitCode = Math.max(exitCode, exitCodeOf(problem));
          }
        }
      });
      if (flags.json) printJson(done.map(({ json }) => json));
      if (exitCode !== 0) throw new ExitError(exitCode);
    });
}

const cancelled: Readonly<Partial<Record<CancelOutcome, string>>> = {
  'never-started': 'cancelled: it is not begun',
  stopping: 'cancelled: its worker is asked to stop',
};

async function cancel(client: ControlClient, given: string): Promise<Done> {
  const { id, state } = await findTask(client, given);
  const { outcome } = await client.call('cancelTask', { id });
  const text = cancelled[outcome];
  if (text !== undefined) return { json: { id, outcome }, text: `${id}  ${text}` };
  const how = hasEnded({ state }) ? ` (${state})` : '';
  throw new Error(`task ${id} has ended before${how}: there is nothing to cancel`);
}

async function retry(client: ControlClient, given: string): Promise<Done> {
  const { id, state } = await findTask(client, given);
  if (state === 'done')
    throw new Error(`task ${id} is done: only one that has ended otherwise is ordered again`);
  if (!hasEnded({ state }))
    throw new Error(`task ${id} has not ended, it is ${state}: cancel it before it is ordered again`);
  const again = await client.call('retryTask', { id });
  return { json: { id: again.id, retryOf: id }, text: again.id };
}

async function remove(client: ControlClient, given: string): Promise<Done> {
  const { id } = await findTask(client, given);
  const { isRemoved } = await client.call('removeTask', { id });
  if (isRemoved) return { json: { id }, text: `${id}  removed` };
  throw new Error(`task ${id} has not ended: cancel it before it is removed`);
}
