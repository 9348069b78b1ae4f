/** Tasks and workers on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const tasksCli: FeatureCli = {
  commands: { task: () => import('./cli/task.ts'), worker: () => import('./cli/worker.ts') },
};
