/** The channels feature: ordered streams of bytes between two nodes, end to end. */
import { feature } from '../../kit/feature.ts';
import { attachedChannels } from './api/attached-channel.ts';
import { channelsFacade } from './api/facade.ts';
import { Channels, channelFeature } from './core/channels.ts';
import type { ChannelsFeatureShape } from './shape.ts';

export const channels = feature<ChannelsFeatureShape>()({
  name: channelFeature,
  needs: [],
  behavior: () => new Channels(),
  facade: channelsFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedChannels,
});
