/** Links of a node in another process, over its operations. */
import { checkName } from '../../../kernel/identity.ts';
import type { Session } from '../../../kit/session.ts';
import type { DiscoveryApi } from '../api.ts';
import type { operations } from '../remote.ts';

export function attachedDiscovery(session: Session<typeof operations>): DiscoveryApi {
  return {
    dial: (address, { timeoutMs, signal } = {}) =>
      session.call('dial', { address, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, { signal }),
    async hangup(node) {
      checkName(node, 'hangup: node');
      await session.call('hangup', { node });
    },
  };
}
