/** Letters on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const lettersCli: FeatureCli = { commands: { letter: () => import('./cli/letter.ts') } };
