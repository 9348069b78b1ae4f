/** The log feature: what has happened in the swarm, kept by the store of its broker. */
import { feature } from '../../kit/feature.ts';
import type { AvailabilityCore } from '../availability/core/shared.ts';
import type { MessagingCore } from '../messaging/core/shared.ts';
import type { SwarmCore } from '../swarm/core/shared.ts';
import { attachedLog } from './api/attached-log.ts';
import { logFacade } from './api/facade.ts';
import { Log, logFeature } from './core/log.ts';
import type { LogFeatureShape } from './shape.ts';

export const log = feature<LogFeatureShape>()({
  name: logFeature,
  needs: ['swarm', 'availability', 'messaging'],
  behavior: ({ needed, settings }) =>
    new Log({
      swarm: needed<SwarmCore>('swarm'),
      availability: needed<AvailabilityCore>('availability'),
      ...(settings.logMessages === true ? { messaging: needed<MessagingCore>('messaging') } : {}),
    }),
  facade: logFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedLog,
});
