/** `skein worker drain`: a worker takes nothing new, gives back what it has, or goes on. */
import { type Command, Option } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { print, printable, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';

interface DrainFlags extends NodeChoice, PrintChoice {
  readonly now?: boolean;
  readonly off?: boolean;
}

const said = {
  finish: 'finishes what it has, and takes nothing new',
  now: 'gives back what it has, and takes nothing new',
  off: 'takes tasks again',
} as const;

export function buildDrain(): Command {
  return withJson(
    nodeCommand('drain', 'have a worker finish what it has, and take nothing new', [
      'skein worker drain b',
      'skein worker drain b --off',
    ]).addHelpText('after', '\nWhat is given back is run elsewhere; this costs it no attempt.'),
  )
    .argument('<node>', 'its name')
    .addOption(new Option('--now', 'have it give back what it has').conflicts('off'))
    .option('--off', 'have it take tasks again')
    .action(async (worker: string, flags: DrainFlags) => {
      const how = flags.now ? 'now' : flags.off ? 'off' : 'finish';
      await withNode(flags, (client) => client.call('drainWorker', { worker, how }));
      if (flags.json) printJson({ worker, how });
      else print(printable(`${worker}  ${said[how]}`));
    });
}
