/** The one type argument of the topology feature. */
import type { TopologyApi } from './api.ts';
import type { TopologyShape } from './core/topology.ts';

interface TopologySettings {
  /** How often neighbors compare what they know. */
  readonly syncPeriodMs: number;
}

export interface TopologyFeatureShape extends TopologyShape {
  readonly api: TopologyApi;
  readonly settings: TopologySettings;
  readonly nodeEvents: object;
  readonly shared: object;
}
