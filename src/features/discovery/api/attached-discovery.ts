/** Links of a node in another process, over its operations. */
import type { Session } from '../../../kit/session.ts';
import type { DiscoveryApi } from '../api.ts';
import type { operations } from '../remote.ts';

export function attachedDiscovery(session: Session<typeof operations>): DiscoveryApi {
  return {
    dial: (address, { timeoutMs, signal } = {}) =>
      session.call('dial', { address, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, { signal }),
    hangup: async (node) => void (await session.call('hangup', { node })),
  };
}
