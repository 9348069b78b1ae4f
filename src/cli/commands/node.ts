/** `skein node ...`: the nodes of the mesh, the links of this one, and its settings. */
import type { Command } from 'commander';
import { formatDuration } from '../../kit/duration.ts';
import { checkSetting, dashed, type Setting, wordOf } from '../../kit/setting.ts';
import type { NodeInfo, NodeSettings } from '../../node/node.ts';
import type { ShownNode } from '../../node/remote.ts';
import { changeableNames, settingNames, settings, unchangeable } from '../../node/settings.ts';
import {
  command,
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../kit/command.ts';
import { UsageError } from '../kit/exit.ts';
import { list, orDash, print, printJson, table } from '../kit/output.ts';
import { withNode } from '../kit/with-node.ts';
import { formatLinks } from './status.ts';

type Options = NodeChoice & PrintChoice;

export function build(): Command {
  const node = command('node', 'list and show nodes, dial, hang up, change settings', [
    'skein node ls',
    'skein node set degree 4',
  ]);
  for (const build of [buildList, buildShow, buildDial, buildHangup, buildSet]) node.addCommand(build());
  return node;
}

function buildList(): Command {
  return withJson(
    nodeCommand('ls', 'list the nodes of the mesh', ['skein node ls', 'skein node ls --all --json']),
  )
    .option('--all', 'those out of reach too')
    .action(async (options: Options & { all?: boolean }) => {
      const input = { all: options.all === true };
      const { nodes } = await withNode(options, (client) => client.call('node-list', input));
      if (options.json) printJson(nodes);
      else print(formatNodes(nodes));
    });
}

function buildShow(): Command {
  return withJson(nodeCommand('show', 'show what is known of one node', ['skein node show b']))
    .argument('<name>', 'its name')
    .action(async (name: string, options: Options) => {
      const shown = await withNode(options, (client) => client.call('node-show', { node: name }));
      if (options.json) printJson(shown);
      else print(formatShown(shown));
    });
}

function buildDial(): Command {
  return withJson(nodeCommand('dial', 'open a link to an address', ['skein node dial 127.0.0.1:7400']))
    .argument('<address>', 'HOST:PORT')
    .option('--timeout <duration>', 'how long to try', durationOption)
    .action(async (address: string, options: Options & { timeout?: number }) => {
      const wait = options.timeout === undefined ? {} : { timeoutMs: options.timeout };
      const link = await withNode(options, (client) => client.call('dial', { address, ...wait }));
      if (options.json) printJson(link);
      else print(`linked to ${link.node} at ${link.address}`);
    });
}

function buildHangup(): Command {
  return withJson(nodeCommand('hangup', 'close the link to a neighbor', ['skein node hangup b']))
    .argument('<name>', 'the neighbor')
    .action(async (name: string, options: Options) => {
      await withNode(options, (client) => client.call('hangup', { node: name }));
      if (options.json) printJson({ node: name });
      else print(`hung up on ${name}`);
    });
}

function buildSet(): Command {
  return withJson(
    nodeCommand('set', 'change a setting while the node runs; without one, show them', [
      'skein node set degree 4',
      'skein node set sync-period 5s',
    ]),
  )
    .argument('[setting]', `what to change: ${changeableNames.map(dashed).join(', ')}`)
    .argument('[value]', 'as skein up takes it')
    .action(async (setting: string | undefined, value: string | undefined, options: Options) => {
      const change = setting === undefined ? {} : changeOf(setting, value);
      const changed = await withNode(options, (client) => client.call('set', change));
      if (options.json) printJson(changed);
      else print(formatSettings(changed));
    });
}

/** @throws UsageError, TypeError */
export function changeOf(word: string, value: string | undefined): Partial<NodeSettings> {
  const name = changeableNames.find((each) => dashed(each) === word || wordOf(each) === word);
  if (name === undefined) {
    const isSetting = settingNames.some((each) => dashed(each) === word || wordOf(each) === word);
    throw new UsageError(`set: ${unchangeable(word, isSetting, changeableNames.map(dashed))}`);
  }
  const row: Setting<number> = settings[name];
  if (value === undefined) throw new UsageError(`set: ${word}: say its value: ${row.type.accepted}`);
  return { [name]: checkSetting(row, row.type.read(value), `set: ${word}`) };
}

/** Who offers what is a column of its own, where anybody offers anything. */
function formatNodes(nodes: readonly NodeInfo[]): string {
  const hasServices = nodes.some(({ services }) => services.length > 0);
  const rows = [...nodes]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((node) => [
      node.name,
      stateOf(node),
      node.hops?.toString() ?? '-',
      node.links.length.toString(),
      node.namespace,
      ...(hasServices ? [orDash(node.services.join(', '))] : []),
      orDash(node.addresses.join(', ')),
      formatDuration(node.forMs),
    ]);
  const services = hasServices ? ['SERVICES'] : [];
  return table(['NAME', 'STATE', 'HOPS', 'LINKS', 'NAMESPACE', ...services, 'ADDRESSES', 'FOR'], rows);
}

function formatShown(node: ShownNode): string {
  const head = list([
    ['name', node.name],
    ['state', `${stateOf(node)} for ${formatDuration(node.forMs)}`],
    ['hops', node.hops?.toString() ?? '-'],
    ['namespace', node.namespace],
    ['addresses', orDash(node.addresses.join(', '))],
    ['links', orDash(node.links.join(', '))],
    ['services', orDash(node.services.join(', '))],
    ['version', node.version],
    ['instance', node.instance],
  ]);
  return node.link === undefined ? head : `${head}\n\n${formatLinks([node.link])}`;
}

function stateOf({ self, reachable, left }: NodeInfo): string {
  if (self) return 'this node';
  if (reachable) return 'up';
  return left ? 'left' : 'lost';
}

function formatSettings(now: NodeSettings): string {
  return list(
    changeableNames.map((name) => {
      const row: Setting<number> = settings[name];
      return [dashed(name), row.type.write(now[name])];
    }),
  );
}
