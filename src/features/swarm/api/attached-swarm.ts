/** The swarm of a node in another process, over its operations. */
import type { Session } from '../../../kit/session.ts';
import type { SwarmNodeApi } from '../api.ts';
import type { operations } from '../remote.ts';

export function attachedSwarm(session: Session<typeof operations>): SwarmNodeApi {
  return {
    swarm: {
      async nodes() {
        await session.ready();
        return (await session.call('swarmNodes', {})).nodes;
      },
      async adopt() {
        await session.ready();
        return session.call('adoptStore', {});
      },
    },
  };
}
