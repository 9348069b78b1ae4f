/** The one type argument of the messaging feature. */
import type { MessagingApi } from './api.ts';
import type { MessagingShape } from './core/messaging-types.ts';

interface MessagingSettings {
  /** How long a send waits for its receipts, unless it says otherwise; changes while the node runs. */
  readonly sendTimeoutMs: number;
}

export interface MessagingFeatureShape extends MessagingShape {
  readonly api: MessagingApi;
  readonly settings: MessagingSettings;
  readonly nodeEvents: object;
  readonly shared: object;
}
