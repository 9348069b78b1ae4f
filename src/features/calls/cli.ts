/** Calls on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const callsCli: FeatureCli = { commands: { call: () => import('./cli/call.ts') } };
