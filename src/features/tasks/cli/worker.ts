/** `skein worker`: its commands. */
import type { Command } from 'commander';
import { command } from '../../../cli/kit/command.ts';
import { buildDrain } from './worker-drain.ts';
import { buildList } from './worker-ls.ts';
import { buildShow } from './worker-show.ts';

export function build(): Command {
  const worker = command('worker', 'look at the nodes that run tasks, and drain them', [
    'skein worker ls --cores 4 --memory 8G --software blender',
    'skein worker drain b',
  ]);
  for (const build of [buildList, buildShow, buildDrain]) worker.addCommand(build());
  return worker;
}
