/** `skein node allow`: lets a node that was denied join again. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';

export function build(): Command {
  return withJson(nodeCommand('allow', 'let a node that was denied join again', ['skein node allow b']))
    .argument('<name-or-identity>', 'as skein node deny --list shows it')
    .action(async (node: string, options: NodeChoice & PrintChoice) => {
      const { allowed } = await withNode(options, (client) => client.call('allowNode', { node }));
      if (options.json) printJson(allowed);
      else print(`allowed ${[...new Set(allowed.map(({ name }) => name))].join(', ')}`);
    });
}
