/** `skein mesh ...`: the network as a whole, and what passes through this node. */
import type { Command } from 'commander';
import {
  command,
  countOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { orDash, plural, print, printable, printJson, table } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import type { Topology } from '../../../node/node.ts';
import type { SnoopedFields } from '../../messaging/remote.ts';

type Options = NodeChoice & PrintChoice;

export function build(): Command {
  const mesh = command('mesh', 'show the network, a route, or the traffic passing by', [
    'skein mesh show',
    'skein mesh dot | dot -Tsvg > mesh.svg',
  ]);
  for (const build of [buildShow, buildDot, buildRoute, buildSnoop]) mesh.addCommand(build());
  return mesh;
}

function buildShow(): Command {
  return withJson(nodeCommand('show', 'show who is linked to whom', ['skein mesh show'])).action(
    async (options: Options) => {
      const topology = await withNode(options, (client) => client.call('topology', {}));
      if (options.json) printJson(topology);
      else print(formatTopology(topology));
    },
  );
}

function buildDot(): Command {
  return withJson(
    nodeCommand('dot', 'print the network as Graphviz', ['skein mesh dot | dot -Tsvg > mesh.svg']),
  ).action(async (options: Options) => {
    const { dot } = await withNode(options, (client) => client.call('dot', {}));
    if (options.json) printJson({ dot });
    else print(dot.trimEnd());
  });
}

function buildRoute(): Command {
  return withJson(nodeCommand('route', 'show the hops to a node', ['skein mesh route d']))
    .argument('<name>', 'where to')
    .action(async (name: string, options: Options) => {
      const { route } = await withNode(options, (client) => client.call('route', { node: name }));
      if (options.json) printJson(route);
      else print(formatRoute(name, route));
    });
}

function buildSnoop(): Command {
  return withJson(
    nodeCommand('snoop', 'print the messages that pass through this node', ['skein mesh snoop --node b']),
  )
    .option('--count <n>', 'end after this many', countOption)
    .action((options: Options & { count?: number }) =>
      withNode(options, async (client) => {
        let left = options.count ?? Number.POSITIVE_INFINITY;
        const signal = interrupted();
        for await (const snooped of client.stream('snoop', {}, { signal })) {
          const message = { ...snooped, body: bodyToJson(snooped.body) };
          await printedItem(options.json ? JSON.stringify(message) : formatSnooped(message), signal);
          if (--left <= 0) break;
        }
      }),
    );
}

export function formatRoute(to: string, route: readonly string[]): string {
  if (route.length === 0) return `${to} is this node itself`;
  return `${route.join(' -> ')} (${plural(route.length, 'hop')})`;
}

export function formatTopology(topology: Topology): string {
  const rows = Object.entries(topology).sort(([a], [b]) => (a < b ? -1 : 1));
  const edges = rows.reduce((sum, [, links]) => sum + links.length, 0) / 2;
  const lines = table(
    ['NODE', 'LINKED TO'],
    rows.map(([name, links]) => [name, orDash(links.join(', '))]),
  );
  return `${lines}\n${plural(rows.length, 'node')}, ${plural(edges, 'link')}`;
}

function formatSnooped({ from, id, recipients, kind, bodyBytes, via, body }: SnoopedFields): string {
  const text = JSON.stringify(body) ?? '';
  return printable(`${from}#${id} -> ${recipients.join(',')} [${kind}] ${bodyBytes} bytes by ${via} ${text}`);
}
