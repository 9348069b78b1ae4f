/** `skein task watch`: prints what becomes of a task, until it has ended. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { LiveLine, type Terminal } from '../../../cli/kit/live-line.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { TaskEvent } from '../api.ts';
import { eventLine, progressLine } from './event-line.ts';
import { findTask } from './find-task.ts';

export function buildWatch(): Command {
  return withJson(
    nodeCommand('watch', 'print what becomes of a task, until it has ended', [
      'skein task watch 4f1c && echo it is done',
    ]).addHelpText(
      'after',
      '\nOn a terminal progress is a bar. Ends with 0 once it is done, with 1 where it\nhas ended otherwise.',
    ),
  )
    .argument('<id>', idHelp)
    .action(async (given: string, flags: NodeChoice & PrintChoice) => {
      const last = await withNode(flags, async (client) => {
        const { id, state } = await findTask(client, given);
        let last: string = state;
        const watched = flags.json || !process.stdout.isTTY ? undefined : new WatchedTask(process.stdout);
        try {
          const signal = interrupted();
          for await (const event of client.stream('followTask', { id }, { signal })) {
            last = event.state;
            if (watched !== undefined) watched.say(event);
            else await printedItem(flags.json ? JSON.stringify({ id, ...event }) : eventLine(event), signal);
          }
        } finally {
          watched?.end();
        }
        return last;
      });
      if (last !== 'done') throw new ExitError(1);
    });
}

/** A line for each state at each worker; while its progress is all that changes, that line is redrawn. */
export class WatchedTask {
  private readonly line: LiveLine;
  private last: TaskEvent | undefined;

  constructor(terminal: Terminal) {
    this.line = new LiveLine(terminal);
  }

  say(event: TaskEvent): void {
    const { last } = this;
    const isSame =
      last?.state === event.state && last.worker === event.worker && last.attempt === event.attempt;
    if (!isSame) this.line.keep();
    this.last = event;
    this.line.show(progressLine(event));
  }

  end(): void {
    this.line.keep();
  }
}
