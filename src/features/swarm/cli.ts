/** The swarm on the command line: who was ever here, for `skein node ls --all`, and below `skein node` and `store`. */
import type { FeatureCli, SeenNode } from '../../cli/kit/feature-cli.ts';
import type { ControlClient } from '../../remote/client.ts';

/** As the swarm's behavior reports it. */
interface SwarmView {
  readonly broker?: string;
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
};

/** A node that takes no part in the swarm would join it, and open its store, only because somebody looks. */
async function nodesSeen(client: ControlClient): Promise<readonly SeenNode[] | undefined> {
  const { features } = await client.call('status', {});
  const { broker } = (features.swarm ?? {}) as SwarmView;
  return broker === undefined ? undefined : (await client.call('swarmNodes', {})).nodes;
}
