/** The swarm of a node in another process, over its operations. */
import { checkName } from '../../../kernel/identity.ts';
import type { Session } from '../../../kit/session.ts';
import type { SwarmNodeApi } from '../api.ts';
import type { operations } from '../remote.ts';
import { checkDeny } from './check-deny.ts';

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
      async deny(name, options = {}) {
        const { identity } = checkDeny(name, options);
        await session.ready();
        return session.call('denyNode', { node: name, ...(identity === undefined ? {} : { identity }) });
      },
      async allow(nameOrIdentity) {
        checkName(nameOrIdentity, 'allow');
        await session.ready();
        return (await session.call('allowNode', { node: nameOrIdentity })).allowed;
      },
      async denied() {
        await session.ready();
        return (await session.call('deniedNodes', {})).denied;
      },
      async forget(name) {
        checkName(name, 'forget');
        await session.ready();
        return session.call('forgetNode', { node: name });
      },
    },
  };
}
