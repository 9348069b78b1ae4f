/** `skein status`: what the node is and whom it is linked to; with `--wait`, once the mesh is there. */
import type { Command } from 'commander';
import { featureClis } from '../../features/cli.ts';
import { formatDuration } from '../../kit/duration.ts';
import type { LinkInfo, NodeStatus, SecurityStatus } from '../../node/node.ts';
import {
  countOption,
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../kit/command.ts';
import { localTime } from '../kit/local-time.ts';
import { list, orDash, plural, print, printJson, table } from '../kit/output.ts';
import { controlOf, withNode } from '../kit/with-node.ts';

const waitTimeoutMsDefault = 30_000;
/** A node may still be starting when it is waited for. */
const lookAgainMs = 50;

interface StatusOptions extends NodeChoice, PrintChoice {
  readonly wait?: boolean;
  readonly count?: number;
  readonly timeout?: number;
}

export function build(): Command {
  return withJson(
    nodeCommand('status', 'show the node, its links and how many nodes it knows', [
      'skein status',
      'skein status --wait --count 3 --timeout 10s',
    ]),
  )
    .option('--wait', 'wait until the node runs and has found another')
    .option(
      '--count <n>',
      'wait until this many nodes are there, this one included (implies --wait)',
      countOption,
    )
    .option('--timeout <duration>', 'how long to wait (default: 30s)', durationOption)
    .action(async (options: StatusOptions) => {
      if (options.wait === true || options.count !== undefined) await waitForMesh(options);
      const status = await withNode(options, (client) => client.call('status', {}), { isBrief: true });
      if (options.json) printJson(status);
      else print(formatStatus(status));
    });
}

async function waitForMesh(options: StatusOptions): Promise<void> {
  const timeoutMs = options.timeout ?? waitTimeoutMsDefault;
  const deadline = Date.now() + timeoutMs;
  await waitForNode(options, deadline);
  const left = Math.max(1, deadline - Date.now());
  await withNode(options, (client) => client.call('ready', { count: options.count ?? 2, timeoutMs: left }));
}

/** @throws the last SKEIN_NOT_RUNNING once the time is up. */
async function waitForNode(options: StatusOptions, deadline: number): Promise<void> {
  for (;;) {
    try {
      controlOf(options);
      return await withNode(options, async (client) => void (await client.call('status', {})));
    } catch (problem) {
      if ((problem as { code?: string }).code !== 'SKEIN_NOT_RUNNING' || Date.now() >= deadline)
        throw problem;
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}

export function formatStatus(status: NodeStatus): string {
  const { settings } = status;
  const head = list([
    ['name', status.name],
    ['namespace', status.namespace],
    ['addresses', status.addresses.join(', ')],
    ['security', securityText(status.security)],
    ['up for', formatDuration(status.uptimeMs)],
    ['nodes', `${status.nodeCount} (this one included)`],
    ['links', `${status.links.length} of degree ${settings.degree}`],
    ['version', status.version],
    ['process', orDash(status.pid?.toString())],
    ...Object.values(featureClis).flatMap(({ statusLines }) => statusLines?.(status.features) ?? []),
    ...troubleLines(status.troubles),
    ...status.warnings.map(({ at, text }): [string, string] => ['warning', `${localTime(at)}: ${text}`]),
  ]);
  return status.links.length === 0 ? head : `${head}\n\n${formatLinks(status.links, status.security.keys)}`;
}

/** @param keys Those the node holds: while there are several, each link shows by which it stands. */
export function formatLinks(links: readonly LinkInfo[], keys: readonly string[] = []): string {
  const isChanging = keys.length > 1;
  return table(
    [
      ...['LINK TO', 'ADDRESS', 'WAY', 'ROUND TRIP', 'OPEN FOR', 'FRAMES IN', 'OUT', 'STATE'],
      ...(isChanging ? ['KEY'] : []),
    ],
    links.map((link) => [
      link.node,
      link.address,
      link.direction === 'incoming' ? 'in' : 'out',
      link.roundTripMs === undefined ? '-' : `${link.roundTripMs.toFixed(1)}ms`,
      formatDuration(link.openForMs),
      String(link.framesIn),
      String(link.framesOut),
      link.stalled ? 'stalled' : 'open',
      ...(isChanging ? [orDash(link.key)] : []),
    ]),
  );
}

/** Behaviors that throw or block: none, in a node that is well. */
function troubleLines(troubles: NodeStatus['troubles']): [string, string][] {
  return troubles.map(({ name, threw, isOff, slowCalls, slowestMs }) => {
    const threwText =
      threw === 0 ? [] : [`threw ${plural(threw, 'time')}${isOff ? ' and is switched off' : ''}`];
    const slowText =
      slowCalls === 0 ? [] : [`blocked the event loop ${plural(slowCalls, 'time')}, ${slowestMs}ms at most`];
    return ['trouble', `behavior ${name} ${[...threwText, ...slowText].join('; ')}`];
  });
}

function securityText({ mode, keys }: SecurityStatus): string {
  if (mode === 'loopback') return 'no key: this machine only';
  if (mode === 'open') return 'none: whoever reaches the port can join (--insecure)';
  const [first, ...others] = keys;
  if (first === undefined) return 'the last key was removed: nobody can join';
  const accepted = others.length === 0 ? '' : `, also accepted: ${others.join(', ')}`;
  return `TLS 1.3, members with key ${first}${accepted}`;
}
