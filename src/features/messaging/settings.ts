/** The settings of the messaging feature. */
import { changeable, duration } from '../../kit/setting.ts';
import { messagingLimits } from './core/limits.ts';

const sendTimeoutMsMax = 86_400_000;

export const messagingSettings = {
  /** How long `send` waits for receipts, in milliseconds, unless it says otherwise. May change while the node runs. Default 10,000. */
  sendTimeoutMs: changeable({
    type: duration(1, sendTimeoutMsMax),
    default: messagingLimits.sendTimeoutMs as number,
    help: 'how long a send waits for receipts',
  }),
};
