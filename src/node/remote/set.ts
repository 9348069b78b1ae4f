/** `set`: changes settings of a running node; without any it only tells them. */
import * as v from 'valibot';
import { topologyLimits } from '../../features/topology/core/limits.ts';
import { limits } from '../../kernel/limits.ts';
import { timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { operation } from '../../kit/operation.ts';

/** Shared with `skein up`, so that a node accepts while running what it accepts at its start. */
export const settingFields = {
  degree: wholeNumber(0, limits.linksMax, 'links to keep; 0 never solicits'),
  syncPeriodMs: wholeNumber(topologyLimits.syncPeriodMsMin, topologyLimits.syncPeriodMsMax, 'milliseconds'),
  sendTimeoutMs: timeoutMs,
};

export const set = operation({
  name: 'set',
  summary: 'Change degree, sync period or send timeout while running.',
  input: v.strictObject({
    degree: v.exactOptional(settingFields.degree),
    syncPeriodMs: v.exactOptional(settingFields.syncPeriodMs),
    sendTimeoutMs: v.exactOptional(settingFields.sendTimeoutMs),
  }),
  run: (node, input) => node.set(input),
});
