/** `skein log readers` and `skein log forget`: who keeps the log, and how far each has come. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { fittedTable, print, printError, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';

type Flags = NodeChoice & PrintChoice;

export function buildReaders(): Command {
  return withJson(
    nodeCommand('readers', 'list who keeps the log, and how far each has come', ['skein log readers']),
  ).action(async (_own: Flags, command: Command) => {
    // `--node` after `readers` is taken for that of `log`.
    const options = command.optsWithGlobals<Flags>();
    const { readers } = await withNode(options, (client) => client.call('logReaders', {}));
    if (options.json) return printJson(readers);
    const rows = readers.map(({ name, cursor, at }) => [name, cursor, localTime(at)]);
    print(
      rows.length === 0 ? 'nobody keeps the log' : fittedTable(['NAME', 'CURSOR', 'WHEN'], rows, ['NAME']),
    );
  });
}

export function buildForget(): Command {
  return nodeCommand('forget', 'forget how far a durable reader has come: one of that name begins again', [
    'skein log forget audit',
  ])
    .argument('<name>', 'the name that it keeps the log under')
    .action(async (name: string, _own: NodeChoice, command: Command) => {
      const options = command.optsWithGlobals<NodeChoice>();
      const { isForgotten } = await withNode(options, (client) => client.call('forgetLogReader', { name }));
      if (isForgotten) return;
      printError(`skein: nobody keeps the log as ${name}; see skein log readers`);
      throw new ExitError(1);
    });
}
