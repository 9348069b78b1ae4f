/** Links that the program of this process opens and closes by hand. */
import { checkName } from '../../../kernel/identity.ts';
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { linkInfo } from '../../../kit/views.ts';
import { raced } from '../../../kit/waiting.ts';
import type { Discovery } from '../core/discovery.ts';
import { discoveryLimits } from '../core/limits.ts';
import type { DiscoveryFeatureShape } from '../shape.ts';

export function discoveryFacade(
  node: NodePorts<DiscoveryFeatureShape, Discovery>,
): Facade<DiscoveryFeatureShape> {
  return {
    api: {
      async dial(address, options = {}) {
        const dialed = node.ask('dial', address);
        const limited = node.limitedSignal({
          ...options,
          timeoutMs: options.timeoutMs ?? discoveryLimits.dialWaitMs,
        });
        const neighbor = await raced(dialed, limited.signal, `no link to ${address}`).finally(limited.cancel);
        return linkInfo(node.mesh, neighbor, node.now);
      },
      async hangup(name) {
        checkName(name, 'hangup: node');
        await node.ask('hangup', name);
      },
    },
    changed: () => node.ask('set-degree', node.settings.degree),
  };
}
