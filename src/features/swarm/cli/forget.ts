/** `skein node forget`: takes a name, and the identity that it is pinned to, out of the swarm. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';

export function build(): Command {
  return withJson(
    nodeCommand('forget', 'take a node, and its identity, out of the swarm', ['skein node forget b']),
  )
    .argument('<name>', 'the node; it must not be here')
    .addHelpText(
      'after',
      `
The swarm knows the name of a node by its identity: a key in the file
$XDG_STATE_HOME/skein/NAMESPACE/NAME.identity of its machine. Where that file
is lost, or another machine takes over the name, forget the name: the next node
that starts under it gets its letters, also those that wait.`,
    )
    .action(async (name: string, options: NodeChoice & PrintChoice) => {
      const forgotten = await withNode(options, (client) => client.call('forgetNode', { node: name }));
      if (options.json) printJson({ node: name, ...forgotten });
      else print(`forgot ${name}${forgotten.wasPinned ? ' and its identity' : ''}`);
    });
}
