/** The one type argument of the discovery feature. */
import type { DiscoveryApi } from './api.ts';
import type { DiscoveryOptions, DiscoveryShape } from './core/discovery.ts';

export interface DiscoveryFeatureShape extends DiscoveryShape {
  readonly api: DiscoveryApi;
  readonly settings: DiscoveryOptions;
  readonly nodeEvents: object;
  readonly shared: object;
}
