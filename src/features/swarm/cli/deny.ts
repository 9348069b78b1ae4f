/** `skein node deny`: shuts a node out of the mesh, or lists those that are shut out. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { orDash, print, printable, printJson, table } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { DeniedNode } from '../api.ts';

interface Flags extends NodeChoice, PrintChoice {
  readonly identity?: string;
  readonly list?: boolean;
}

export function build(): Command {
  return withJson(
    nodeCommand('deny', 'shut a node out of the mesh', ['skein node deny b', 'skein node deny --list']),
  )
    .argument('[name]', 'the node; it may be here or not')
    .option('--identity <hex>', 'the identity to deny with the name (default: the one that the swarm knows)')
    .option('--list', 'who is denied')
    .addHelpText(
      'after',
      `
Every member keeps the list, and shuts out who has the name or the identity: no
link, no message, no letter. It may join again after skein node allow NAME.
Any member may deny any node. Who has the mesh key can come back under a new
name and identity: to keep a machine out for good, make a new key.`,
    )
    .action((name: string | undefined, flags: Flags) => run(name, flags));
}

async function run(name: string | undefined, { list, identity, ...flags }: Flags): Promise<void> {
  if (list === true) {
    if (name !== undefined || identity !== undefined)
      throw new UsageError('--list takes no name and no identity');
    return show((await withNode(flags, (client) => client.call('deniedNodes', {}))).denied, flags);
  }
  if (name === undefined)
    throw new UsageError('say which node: skein node deny NAME; --list shows who is denied');
  const input = { node: name, ...(identity === undefined ? {} : { identity }) };
  const denied = await withNode(flags, (client) => client.call('denyNode', input));
  if (flags.json) printJson(denied);
  else print(`denied ${denied.name}${denied.identity === '' ? '' : ` with identity ${denied.identity}`}`);
}

function show(denied: readonly DeniedNode[], { json }: PrintChoice): void {
  if (json) return printJson(denied);
  if (denied.length === 0) return print('no node is denied');
  const rows = denied.map(({ name, identity, since, by }) => [
    name,
    orDash(identity === '' ? undefined : identity),
    localTime(since),
    printable(by),
  ]);
  print(table(['NAME', 'IDENTITY', 'SINCE', 'BY'], rows));
}
