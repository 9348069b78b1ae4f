/** `skein listen`: the messages for this node, one JSON line each. */
import type { Command } from 'commander';
import { countOption, type NodeChoice, nodeCommand } from '../../../cli/kit/command.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';

export function build(): Command {
  return nodeCommand('listen', 'print the messages for this node, one JSON line each', [
    'skein listen',
    'skein listen --kind job --count 1',
  ])
    .option('--kind <kind>', 'only this kind')
    .option('--count <n>', 'end after this many', countOption)
    .option('--json', 'JSON lines, which is what it prints anyway')
    .action((options: NodeChoice & { kind?: string; count?: number }) =>
      withNode(options, async (client) => {
        const input = options.kind === undefined ? {} : { kind: options.kind };
        let left = options.count ?? Number.POSITIVE_INFINITY;
        const signal = interrupted();
        for await (const message of client.stream('listen', input, { signal })) {
          await printedItem(JSON.stringify({ ...message, body: bodyToJson(message.body) }), signal);
          if (--left <= 0) break;
        }
      }),
    );
}
