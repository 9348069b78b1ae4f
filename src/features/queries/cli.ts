/** Queries on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const queriesCli: FeatureCli = {
  commands: { query: () => import('./cli/query.ts'), chat: () => import('./cli/chat.ts') },
};
