/** Channels of a node in this process: the api over `ProgramChannels`. */
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { Channels } from '../core/channels.ts';
import type { ChannelsFeatureShape } from '../shape.ts';
import { ProgramChannels } from './channels.ts';

export function channelsFacade(
  node: NodePorts<ChannelsFeatureShape, Channels>,
): Facade<ChannelsFeatureShape> {
  const channels = new ProgramChannels(node);
  return {
    api: {
      async pair(name, options) {
        node.checkOpen();
        return channels.pair(name, options);
      },
      pairs(options) {
        node.checkOpen();
        return channels.pairs(options);
      },
    },
    shared: {
      findBy: (finder) => channels.findBy(finder),
      take: (request) => channels.take(request),
    },
    event: (event) => channels.handle(event),
    resumed: () => channels.resume(),
    end: (error) => channels.end(error),
  };
}
