/**
 * The public names of all features, and what they add to a node: the list from which `import ... from 'skein'` is made.
 * A line and an entry for each feature. `test/types.test-d.ts` holds it against `features/index.ts`.
 */
import type { AvailabilityApi, AvailabilityNodeEvents } from './availability/api.ts';
import type { CallsApi, CallsErrorDetails } from './calls/api.ts';
import type { ChannelsApi } from './channels/api.ts';
import type { DiscoveryApi } from './discovery/api.ts';
import type { FormationNodeEvents } from './formation/api.ts';
import type { LettersErrorDetails, LettersNodeApi, LettersNodeEvents } from './letters/api.ts';
import type { LogNodeApi } from './log/api.ts';
import type { MessagingApi, MessagingErrorDetails } from './messaging/api.ts';
import type { QueriesNodeApi } from './queries/api.ts';
import type { SwarmNodeApi, SwarmNodeEvents } from './swarm/api.ts';
import type { TasksNodeApi } from './tasks/api.ts';
import type { TopologyApi } from './topology/api.ts';

export * from './availability/api.ts';
export * from './calls/api.ts';
export * from './channels/api.ts';
export * from './conversations/api.ts';
export * from './discovery/api.ts';
export * from './formation/api.ts';
export * from './letters/api.ts';
export * from './log/api.ts';
export * from './messaging/api.ts';
export * from './queries/api.ts';
export * from './swarm/api.ts';
export * from './tasks/api.ts';
export * from './topology/api.ts';

/** What skein's features add to every node. */
export interface FeatureApis
  extends TopologyApi,
    DiscoveryApi,
    MessagingApi,
    AvailabilityApi,
    CallsApi,
    ChannelsApi,
    SwarmNodeApi,
    LettersNodeApi,
    TasksNodeApi,
    QueriesNodeApi,
    LogNodeApi {}

/** The events that they add. */
export interface FeatureNodeEvents
  extends AvailabilityNodeEvents,
    FormationNodeEvents,
    SwarmNodeEvents,
    LettersNodeEvents {}

/** What their errors say besides, by code. */
export interface FeatureErrorDetails extends MessagingErrorDetails, CallsErrorDetails, LettersErrorDetails {}
