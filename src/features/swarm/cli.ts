/** The swarm on the command line: who was ever here, for `skein node ls --all`, and below `skein node` and `store`. */
import type { FeatureCli, SeenNode } from '../../cli/kit/feature-cli.ts';
import { localTime } from '../../cli/kit/local-time.ts';
import { formatDuration } from '../../kit/duration.ts';
import type { ControlClient } from '../../remote/client.ts';

/** As the swarm's behavior reports it. */
interface SwarmView {
  readonly broker?: string;
  readonly problem?: string;
  readonly home?: { readonly store: string; readonly host: string };
  readonly clockSet?: { readonly expected: number; readonly wallNow: number };
}

export const swarmCli: FeatureCli = {
  commands: {},
  nodeCommands: [
    () => import('./cli/forget.ts'),
    () => import('./cli/deny.ts'),
    () => import('./cli/allow.ts'),
  ],
  storeCommands: [() => import('./cli/adopt.ts')],
  nodesSeen,
  statusLines: ({ swarm }) => linesOf((swarm ?? {}) as SwarmView),
};

/** Nothing for a node that takes no part in one. */
function linesOf({ broker, problem, home, clockSet }: SwarmView): [string, string][] {
  const lines: [string, string][] = [];
  const place = home === undefined ? '' : ` on ${home.host} (store ${home.store.slice(0, 8)})`;
  if (problem !== undefined) lines.push(['swarm', `kept by ${broker ?? 'nobody'}: ${problem}`]);
  else if (broker !== undefined) lines.push(['swarm', `kept by ${broker}${place}`]);
  if (clockSet === undefined) return lines;
  const { expected, wallNow } = clockSet;
  const by = `${wallNow > expected ? 'ahead' : 'back'} by ${formatDuration(Math.abs(wallNow - expected))}`;
  const times = `to ${localTime(wallNow)} where ${localTime(expected)} was expected`;
  return [...lines, ['clock', `was set ${by}, ${times}`]];
}

/** A node that takes no part in the swarm would join it, and open its store, only because somebody looks. */
async function nodesSeen(client: ControlClient): Promise<readonly SeenNode[] | undefined> {
  const { features } = await client.call('status', {});
  const { broker } = (features.swarm ?? {}) as SwarmView;
  return broker === undefined ? undefined : (await client.call('swarmNodes', {})).nodes;
}
