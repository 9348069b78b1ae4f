/** `skein node ...`: the nodes of the mesh, the links of this one, and its settings. */
import type { Command } from 'commander';
import { featureClis } from '../../features/cli.ts';
import { formatDuration } from '../../kit/duration.ts';
import { checkSetting, dashed, type Setting, wordOf } from '../../kit/setting.ts';
import type { NodeInfo, NodeSettings } from '../../node/node.ts';
import type { ShownNode } from '../../node/remote.ts';
import { changeableNames, settingNames, settings, unchangeable } from '../../node/settings.ts';
import type { ControlClient } from '../../remote/client.ts';
import {
  command,
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../kit/command.ts';
import { UsageError } from '../kit/exit.ts';
import type { FeatureCli, NodeWords, SeenNode } from '../kit/feature-cli.ts';
import { localTime } from '../kit/local-time.ts';
import { type ListedNode, withSeen } from '../kit/nodes-seen.ts';
import { fittedTable, list, orDash, print, printable, printJson, table } from '../kit/output.ts';
import { withNode } from '../kit/with-node.ts';
import { flag, nodeStates, switchesOf, switchWords, unusualWords, withStates } from '../node-states.ts';
import { formatLinks } from './status.ts';

/** What `skein node set` changes. */
const settable = [...changeableNames.map(dashed), ...switchWords];

type Change = (client: ControlClient) => Promise<unknown>;
type Options = NodeChoice & PrintChoice;

export async function build(): Promise<Command> {
  const node = command('node', 'list and show nodes, dial, hang up, change settings', [
    'skein node ls',
    'skein node set degree 4',
  ]);
  for (const build of [buildList, buildShow, buildDial, buildHangup, buildSet]) node.addCommand(build());
  const clis: readonly FeatureCli[] = Object.values(featureClis);
  const loaded = await Promise.all(
    clis.flatMap(({ nodeCommands = [] }) => nodeCommands.map((load) => load())),
  );
  for (const { build } of loaded) node.addCommand(build());
  return node;
}

function buildList(): Command {
  return withJson(
    nodeCommand('ls', 'list the nodes of the mesh', ['skein node ls', 'skein node ls --all --json']),
  )
    .option('--all', 'the unreachable too, and all that the swarm has ever seen')
    .addHelpText(
      'after',
      '\nThe swarm is asked where this node takes part in it: with --formation, or once\nit has used letters. LAST SEEN is when a node came or went last.',
    )
    .action(async (options: Options & { all?: boolean }) => {
      const input = { all: options.all === true };
      const { nodes, seen, problem } = await withNode(options, async (client) => {
        const listed = await client.call('node-list', input);
        const states = await nodeStates(client);
        const nodes = listed.nodes.map((node) => withStates(node, states));
        return { nodes, ...(input.all ? await allSeen(client) : {}) };
      });
      const listed = seen === undefined ? nodes : withSeen(nodes, seen, Date.now());
      if (options.json) printJson(listed);
      else print(seen === undefined ? formatNodes(nodes) : formatSeen(listed));
      if (problem !== undefined && !options.json) print(problem);
    });
}

interface AllSeen {
  /** Undefined: no feature remembers nodes, or none is to be asked. */
  readonly seen?: readonly SeenNode[];
  /** Why it could not be asked: the mesh is listed all the same. */
  readonly problem?: string;
}

async function allSeen(client: ControlClient): Promise<AllSeen> {
  const features: readonly FeatureCli[] = Object.values(featureClis);
  try {
    const answers = await Promise.all(features.map(({ nodesSeen }) => nodesSeen?.(client)));
    const seen = answers.filter((answer) => answer !== undefined);
    return seen.length === 0 ? {} : { seen: seen.flat() };
  } catch (problem) {
    return { problem: `those that the swarm has seen are missing: ${printable((problem as Error).message)}` };
  }
}

function buildShow(): Command {
  return withJson(nodeCommand('show', 'show what is known of one node', ['skein node show b']))
    .argument('<name>', 'its name')
    .action(async (name: string, options: Options) => {
      const shown = await withNode(options, async (client) =>
        withStates(await client.call('node-show', { node: name }), await nodeStates(client)),
      );
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
      'skein node set available no',
    ]),
  )
    .argument('[setting]', `what to change: ${settable.join(', ')}`)
    .argument('[value]', 'as skein up takes it; of available and active: yes or no')
    .addHelpText(
      'after',
      '\nA node that is not available gets no offers of work and no requests that name no\nnode; requests to it by name and letters still arrive. Not active is shown only.\nA node starts available and active.',
    )
    .action(async (setting: string | undefined, value: string | undefined, options: Options) => {
      const change = changeFor(setting, value);
      const changed = await withNode(options, (client) => settingsAfter(client, change));
      if (options.json) printJson(changed);
      else print(formatSettings(changed));
    });
}

/** Read before the node is asked. @throws UsageError, TypeError */
function changeFor(word: string | undefined, value: string | undefined): Change {
  if (word === undefined) return async () => undefined;
  const switches = switchesOf(word);
  if (switches === undefined) {
    const settings = changeOf(word, value);
    return (client) => client.call('set', settings);
  }
  const isOn = flag(word, value);
  return (client) => switches.set(client, word, isOn);
}

/** @returns All settings and switches of the node, as they are then. */
async function settingsAfter(client: ControlClient, change: Change): Promise<NodeSettings & NodeWords> {
  await change(client);
  const { name } = await client.call('status', {});
  const now = await client.call('set', {});
  return { ...now, ...(await nodeStates(client)).get(name) } as NodeSettings & NodeWords;
}

/** @throws UsageError, TypeError */
export function changeOf(word: string, value: string | undefined): Partial<NodeSettings> {
  const name = changeableNames.find((each) => dashed(each) === word || wordOf(each) === word);
  if (name === undefined) {
    const isSetting = settingNames.some((each) => dashed(each) === word || wordOf(each) === word);
    throw new UsageError(`set: ${unchangeable(word, isSetting, settable)}`);
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

/** When each was seen, in place of what only a node of the mesh has. */
function formatSeen(nodes: readonly ListedNode[]): string {
  const rows = [...nodes]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((node) => [
      node.name,
      node.instance === '' ? 'gone' : stateOf(node),
      node.firstSeen === undefined ? '-' : localTime(node.firstSeen),
      node.lastSeen === undefined ? '-' : localTime(node.lastSeen),
      orDash(node.addresses.join(', ')),
    ]);
  return fittedTable(['NAME', 'STATE', 'FIRST SEEN', 'LAST SEEN', 'ADDRESSES'], rows, ['NAME', 'ADDRESSES']);
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

function stateOf(node: NodeInfo): string {
  const { self, reachable, left } = node;
  if (!self && !reachable) return left ? 'left' : 'lost';
  return [self ? 'this node' : 'up', ...unusualWords(node)].join(', ');
}

function formatSettings(now: NodeSettings & NodeWords): string {
  const words: Readonly<Record<string, unknown>> = now;
  return list([
    ...changeableNames.map((name): [string, string] => {
      const row: Setting<number> = settings[name];
      return [dashed(name), row.type.write(now[name])];
    }),
    ...switchWords.map((word): [string, string] => [word, words[word] === false ? 'no' : 'yes']),
  ]);
}
