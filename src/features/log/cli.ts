/** The log of the swarm on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const logCli: FeatureCli = { commands: { log: () => import('./cli/log.ts') } };
