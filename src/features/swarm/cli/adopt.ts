/** `skein store adopt`: the store of this machine becomes the one in which the swarm is kept. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';

export function build(): Command {
  return withJson(
    nodeCommand('adopt', 'keep the swarm in the store of this machine from now on', ['skein store adopt']),
  )
    .addHelpText(
      'after',
      '\nFor when the machine that kept it is gone for good. What waits in the store\nthere is handed out no more, unless that machine comes back and adopts its own.',
    )
    .action(async (flags: NodeChoice & PrintChoice) => {
      const home = await withNode(flags, (client) => client.call('adoptStore', {}));
      if (flags.json) printJson(home);
      else print(`the swarm is kept on ${home.host}, in store ${home.store}`);
    });
}
