/** The channels feature: ordered streams of bytes between two nodes, end to end. */
import { feature } from '../../kit/feature.ts';
import type { AvailabilityCore } from '../availability/core/shared.ts';
import { attachedChannels } from './api/attached-channel.ts';
import { channelsFacade } from './api/facade.ts';
import { Channels, channelFeature } from './core/channels.ts';
import type { ChannelsFeatureShape } from './shape.ts';

export const channels = feature<ChannelsFeatureShape>()({
  name: channelFeature,
  needs: ['availability'],
  behavior: ({ needed }) => new Channels(needed<AvailabilityCore>('availability')),
  facade: channelsFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedChannels,
});
