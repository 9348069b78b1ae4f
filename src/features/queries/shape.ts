/** The one type argument of the queries feature. */
import type { QueriesNodeApi } from './api.ts';
import type { QueriesShape } from './core/queries-types.ts';

export interface QueriesFeatureShape extends QueriesShape {
  readonly api: QueriesNodeApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: object;
}
