/** The one type argument of the log feature. */
import type { LogNodeApi } from './api.ts';
import type { LogShape } from './core/log-types.ts';

export interface LogFeatureShape extends LogShape {
  readonly api: LogNodeApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: object;
}
