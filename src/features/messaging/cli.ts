/** Messaging on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const messagingCli: FeatureCli = {
  commands: {
    send: () => import('./cli/send.ts'),
    listen: () => import('./cli/listen.ts'),
  },
  compat: { gossip: () => import('./cli/compat-gossip.ts') },
};
