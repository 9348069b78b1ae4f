/** The messaging feature: bodies to one, some or all nodes, with a receipt from each. */
import { feature } from '../../kit/feature.ts';
import { attachedMessaging } from './api/attached-messaging.ts';
import { messagingFacade } from './api/facade.ts';
import { Messaging, messagingFeature } from './core/messaging.ts';
import type { MessagingFeatureShape } from './shape.ts';

export const messaging = feature<MessagingFeatureShape>()({
  name: messagingFeature,
  needs: [],
  behavior: () => new Messaging(),
  facade: messagingFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedMessaging,
});
