/** `skein why`: why a node is missing, or why this one is alone. */
import type { Command } from 'commander';
import type { Explanation } from '../../node/node.ts';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../kit/command.ts';
import { print, printable, printJson } from '../kit/output.ts';
import { withNode } from '../kit/with-node.ts';

export function build(): Command {
  return withJson(
    nodeCommand('why', 'say why a node is missing or, without a name, why this node is alone', [
      'skein why',
      'skein why render7',
    ]),
  )
    .argument('[missing]', 'the name of the missing node')
    .action(async (missing: string | undefined, options: NodeChoice & PrintChoice) => {
      const explanation = await withNode(options, (client) =>
        client.call('why', missing === undefined ? {} : { node: missing }),
      );
      if (options.json) printJson(explanation);
      else print(formatExplanation(explanation));
    });
}

/** The summary only repeats the findings, where there are any. */
export function formatExplanation({ summary, findings }: Explanation): string {
  const lines = findings.length === 0 ? [summary] : findings.map(({ text }) => text);
  return lines.map(printable).join('\n');
}
