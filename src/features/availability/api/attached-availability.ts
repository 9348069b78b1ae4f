/** Availability of a node in another process, over its operations. */
import type { Session } from '../../../kit/session.ts';
import type { AvailabilityApi } from '../api.ts';
import type { operations } from '../remote.ts';
import { checkChange } from './check-change.ts';

export function attachedAvailability(session: Session<typeof operations>): AvailabilityApi {
  return {
    availability: {
      set: async (change) => session.call('setAvailability', checkChange(change)),
      list: async () => (await session.call('availability', {})).nodes,
    },
  };
}
