/** `skein task`: its commands. */
import type { Command } from 'commander';
import { command } from '../../../cli/kit/command.ts';
import { buildCancel, buildRemove, buildRetry } from './change.ts';
import { buildList } from './ls.ts';
import { buildOrder } from './order.ts';
import { buildServices } from './services.ts';
import { buildShow } from './show.ts';
import { buildWatch } from './watch.ts';

export function build(): Command {
  const task = command('task', 'order, follow and end tasks: work that the swarm keeps until it is done', [
    'skein task order render \'{"frame": 12}\' --cores 4 --memory 8G --wait',
    'skein task ls',
  ]);
  const following = [buildList, buildShow, buildWatch, buildServices];
  for (const build of [buildOrder, ...following, buildCancel, buildRetry, buildRemove])
    task.addCommand(build());
  return task;
}
