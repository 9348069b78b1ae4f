/** Availability of a node in this process: asked of its behavior. */

import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { reachableEntries } from '../../../kit/views.ts';
import type { AvailabilityState } from '../api.ts';
import type { Availability } from '../core/availability.ts';
import type { AvailabilityFeatureShape } from '../shape.ts';
import { checkChange } from './check-change.ts';

export function availabilityFacade(
  node: NodePorts<AvailabilityFeatureShape, Availability>,
): Facade<AvailabilityFeatureShape> {
  let own: AvailabilityState | undefined;
  return {
    api: {
      availability: {
        async set(change) {
          own = await node.ask('set', checkChange(change));
          return own;
        },
        async list() {
          node.checkOpen();
          const { self } = node.mesh;
          return [self, ...reachableEntries(node.mesh)]
            .map(({ id, name }) => ({ name, ...node.behavior.stateOf(id) }))
            .sort((a, b) => (a.name < b.name ? -1 : 1));
        },
      },
    },
    event: ({ node: id, name, available, active }) =>
      node.emit('node:changed', { name, id, available, active }),
    // Another kernel under another name has said nothing yet.
    resumed: () => {
      if (own !== undefined) node.tell('set', own);
    },
  };
}
