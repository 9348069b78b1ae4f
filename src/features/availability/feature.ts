/** The availability feature: which nodes take work, and at which somebody is active. */
import { feature } from '../../kit/feature.ts';
import { attachedAvailability } from './api/attached-availability.ts';
import { availabilityFacade } from './api/facade.ts';
import { Availability, availabilityFeature } from './core/availability.ts';
import type { AvailabilityFeatureShape } from './shape.ts';

export const availability = feature<AvailabilityFeatureShape>()({
  name: availabilityFeature,
  needs: [],
  nodeEvents: ['node:changed'],
  behavior: () => new Availability(),
  facade: availabilityFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedAvailability,
});
