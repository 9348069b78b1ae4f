/** Availability on the command line: what `skein node set` changes, and `node ls` and `node show` print. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';

export const availabilityCli: FeatureCli = {
  commands: {},
  nodeSwitches: {
    words: ['available', 'active'],
    set: async (client, word, value) => ({ ...(await client.call('setAvailability', { [word]: value })) }),
  },
  async nodeStates(client) {
    const { nodes } = await client.call('availability', {});
    return new Map(nodes.map(({ name, available, active }) => [name, { available, active }]));
  },
};
