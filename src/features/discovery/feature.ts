/** The discovery feature: finds other nodes and keeps links to them. */
import { feature } from '../../kit/feature.ts';
import { attachedDiscovery } from './api/attached-discovery.ts';
import { discoveryFacade } from './api/facade.ts';
import { Discovery, discoveryFeature } from './core/discovery.ts';
import type { DiscoveryFeatureShape } from './shape.ts';

export const discovery = feature<DiscoveryFeatureShape>()({
  name: discoveryFeature,
  needs: [],
  behavior: ({ settings }) => new Discovery(settings),
  facade: discoveryFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedDiscovery,
});
