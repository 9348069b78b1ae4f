/** The settings of the topology feature. */
import { changeable, duration } from '../../kit/setting.ts';
import { topologyLimits } from './core/limits.ts';

export const topologySettings = {
  /** How often neighbors compare what they know, in milliseconds. May change while the node runs. Default 10,000. */
  syncPeriodMs: changeable({
    type: duration(topologyLimits.syncPeriodMsMin, topologyLimits.syncPeriodMsMax),
    default: topologyLimits.syncPeriodMs as number,
    help: 'how often neighbors compare what they know',
  }),
};
