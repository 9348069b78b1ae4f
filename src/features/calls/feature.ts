/** The calls feature: requests to services, each answered once, with a deadline that travels along. */
import { feature } from '../../kit/feature.ts';
import type { AvailabilityCore } from '../availability/core/shared.ts';
import { attachedCalls } from './api/attached-calls.ts';
import { callsFacade } from './api/facade.ts';
import { Calls, callsFeature } from './core/calls.ts';
import type { CallsFeatureShape } from './shape.ts';

export const calls = feature<CallsFeatureShape>()({
  name: callsFeature,
  needs: ['availability'],
  behavior: ({ needed }) => new Calls(needed<AvailabilityCore>('availability')),
  facade: callsFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedCalls,
});
