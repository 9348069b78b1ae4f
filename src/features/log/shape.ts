/** The one type argument of the log feature. */
import type { LogNodeApi } from './api.ts';
import type { LogShape } from './core/log-types.ts';

interface LogSettings {
  /** The envelopes of the messages that this node sends are logged. Default false. */
  readonly logMessages?: boolean;
}

export interface LogFeatureShape extends LogShape {
  readonly api: LogNodeApi;
  readonly settings: LogSettings;
  readonly nodeEvents: object;
  readonly shared: object;
}
