/** The one type argument of the calls feature. */
import type { CallsApi } from './api.ts';
import type { CallsShape } from './core/calls-types.ts';

export interface CallsFeatureShape extends CallsShape {
  readonly api: CallsApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: object;
}
