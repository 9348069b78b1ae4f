/** `skein log keepers` and `skein log forget`: who keeps the log, and how far each has come. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { fittedTable, print, printError, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';

type Flags = NodeChoice & PrintChoice;

export function buildKeepers(): Command {
  return withJson(
    nodeCommand('keepers', 'list who keeps the log, and how far each has come', ['skein log keepers']),
  ).action(async (_own: Flags, command: Command) => {
    // `--node` after `keepers` is taken for that of `log`.
    const options = command.optsWithGlobals<Flags>();
    const { keepers } = await withNode(options, (client) => client.call('logKeepers', {}));
    if (options.json) return printJson(keepers);
    const rows = keepers.map(({ name, cursor, at }) => [name, cursor, localTime(at)]);
    print(
      rows.length === 0 ? 'nobody keeps the log' : fittedTable(['NAME', 'CURSOR', 'WHEN'], rows, ['NAME']),
    );
  });
}

export function buildForget(): Command {
  return nodeCommand('forget', 'forget how far a keeper has come: one of that name begins again', [
    'skein log forget audit',
  ])
    .argument('<name>', 'the name that it keeps the log under')
    .action(async (name: string, _own: NodeChoice, command: Command) => {
      const options = command.optsWithGlobals<NodeChoice>();
      const { isForgotten } = await withNode(options, (client) => client.call('forgetLogKeeper', { name }));
      if (isForgotten) return;
      printError(`skein: nobody keeps the log as ${name}; see skein log keepers`);
      throw new ExitError(1);
    });
}
