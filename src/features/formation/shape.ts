/** The one type argument of the formation feature. */
import type { FormationNodeEvents } from './api.ts';
import type { FormationOptions, FormationShape } from './core/formation-types.ts';

interface FormationFeatureSettings {
  /** Undefined: this node is in no formation. */
  readonly formation?: FormationOptions;
}

export interface FormationFeatureShape extends FormationShape {
  readonly api: object;
  readonly settings: FormationFeatureSettings;
  readonly nodeEvents: FormationNodeEvents;
  readonly shared: object;
}
