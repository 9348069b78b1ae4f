/** `skein task watch`: prints what becomes of a task, until it has ended. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { print, printable } from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { interrupted, withNode } from '../../../cli/kit/with-node.ts';
import type { TaskEvent } from '../api.ts';
import { findTask } from './find-task.ts';
import { percent } from './wait.ts';

export function buildWatch(): Command {
  return withJson(
    nodeCommand('watch', 'print what becomes of a task, until it has ended', [
      'skein task watch 4f1c && echo it is done',
    ]).addHelpText('after', '\nEnds with 0 once it is done, with 1 where it has ended otherwise.'),
  )
    .argument('<id>', idHelp)
    .action(async (given: string, flags: NodeChoice & PrintChoice) => {
      const last = await withNode(flags, async (client) => {
        const { id, state } = await findTask(client, given);
        let last: string = state;
        for await (const event of client.stream('followTask', { id }, { signal: interrupted() })) {
          last = event.state;
          print(flags.json === true ? JSON.stringify({ id, ...event }) : printable(lineOf(event)));
        }
        return last;
      });
      if (last !== 'done') throw new ExitError(1);
    });
}

/** `queued`, `running at b, 45%: frame 9 of 20`, `failed at b, attempt 2: out of memory`. */
export function lineOf({ state, worker, attempt, progress, note, reason }: TaskEvent): string {
  const parts = [
    worker === '' ? state : `${state} at ${worker}`,
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(progress === undefined ? [] : [percent(progress)]),
  ];
  const said = [reason, note ?? ''].filter((text) => text !== '').join('; ');
  return `${parts.join(', ')}${said === '' ? '' : `: ${said}`}`;
}
