/** Channels on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const channelsCli: FeatureCli = { commands: { pair: () => import('./cli/pair.ts') } };
