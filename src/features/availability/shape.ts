/** The one type argument of the availability feature. */
import type { AvailabilityApi, AvailabilityNodeEvents } from './api.ts';
import type { AvailabilityShape } from './core/availability.ts';

export interface AvailabilityFeatureShape extends AvailabilityShape {
  readonly api: AvailabilityApi;
  readonly settings: object;
  readonly nodeEvents: AvailabilityNodeEvents;
  readonly shared: object;
}
