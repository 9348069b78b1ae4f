/** The swarm of a node in another process, over its operations. */
import { checkName } from '../../../kernel/identity.ts';
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
      async forget(name) {
        checkName(name, 'forget');
        await session.ready();
        return session.call('forgetNode', { node: name });
      },
    },
  };
}
