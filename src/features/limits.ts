/**
 * Every limit of skein in one record, by name: the list that programs import as `limits`, and from which
 * `docs/limits.md` is made. Each stands with its reason in the `limits.ts` of the kernel or of its feature.
 */
import { limits as kernelLimits } from '../kernel/limits.ts';
import { callLimits } from './calls/core/limits.ts';
import { channelLimits } from './channels/core/limits.ts';
import { conversationLimits } from './conversations/core/limits.ts';
import { denialLimits } from './denials/core/limits.ts';
import { discoveryLimits } from './discovery/core/limits.ts';
import { formationLimits } from './formation/core/limits.ts';
import { identityLimits } from './identity/core/limits.ts';
import { letterLimits } from './letters/core/limits.ts';
import { logLimits } from './log/core/limits.ts';
import { messagingLimits } from './messaging/core/limits.ts';
import { queryLimits } from './queries/core/limits.ts';
import { swarmLimits } from './swarm/core/limits.ts';
import { taskLimits } from './tasks/core/limits.ts';
import { topologyLimits } from './topology/core/limits.ts';

/** Every limit of skein, by name; docs/limits.md says why each is what it is. */
export const limits = {
  ...kernelLimits,
  ...topologyLimits,
  ...discoveryLimits,
  ...messagingLimits,
  ...callLimits,
  ...channelLimits,
  ...formationLimits,
  ...identityLimits,
  ...denialLimits,
  ...swarmLimits,
  ...conversationLimits,
  ...letterLimits,
  ...taskLimits,
  ...queryLimits,
  ...logLimits,
} as const;
