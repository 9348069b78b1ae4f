/** The one type argument of the swarm feature. */
import type { SwarmNodeApi, SwarmNodeEvents } from './api.ts';
import type { SwarmShape } from './core/swarm-types.ts';

export interface SwarmFeatureShape extends SwarmShape {
  readonly api: SwarmNodeApi;
  readonly settings: object;
  readonly nodeEvents: SwarmNodeEvents;
  readonly shared: object;
}
