/** Checks of what can be set while a node runs. Who calls it: the local node. */

import { topologyLimits } from '../features/topology/core/limits.ts';
import { limits } from '../kernel/limits.ts';
import { checkOptions, checkWhole } from '../kit/arguments.ts';
import type { NodeSettings } from './node.ts';

/** @throws TypeError that names the setting, the value and what is accepted. */
export function checkSettings(settings: Partial<NodeSettings>): void {
  checkOptions('set', settings, ['degree', 'syncPeriodMs', 'sendTimeoutMs']);
  const { degree, syncPeriodMs, sendTimeoutMs } = settings;
  if (degree !== undefined) checkWhole('degree', degree, 0, limits.linksMax);
  if (syncPeriodMs !== undefined)
    checkWhole('syncPeriodMs', syncPeriodMs, topologyLimits.syncPeriodMsMin, topologyLimits.syncPeriodMsMax);
  if (sendTimeoutMs !== undefined) checkWhole('sendTimeoutMs', sendTimeoutMs, 1, 24 * 3_600_000);
}
