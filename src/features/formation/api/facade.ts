/**
 * The formation of a node in this process: reports its broker, and finds for channels whom the broker names.
 *
 * Invariant: it holds no protocol state; the behavior does.
 */
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { ChannelsFeatureShape } from '../../channels/shape.ts';
import type { Formation } from '../core/formation.ts';
import type { FormationEvent } from '../core/formation-types.ts';
import type { FormationFeatureShape } from '../shape.ts';
import { Partners } from './partners.ts';

export function formationFacade(
  node: NodePorts<FormationFeatureShape, Formation>,
): Facade<FormationFeatureShape> {
  const partners = new Partners(node);
  const channels = node.needed<ChannelsFeatureShape>('channel');
  channels.findBy((name, signal) => partners.ask(name, signal));
  const warn = (text: string): void => node.warn('formation', text);
  const asked = (other: string, address: string): void => {
    const request = partners.asked(other, address);
    if (request === undefined || channels.take(request)) return;
    warn(`${other} wants to be paired, and no program of this node accepts channels`);
  };
  return {
    api: {},
    event(event: FormationEvent) {
      if (event.type === 'broker') node.emit('formation:broker', { broker: event.broker });
      else if (event.type === 'asked') asked(event.other, event.address);
      else warn(event.text);
    },
  };
}
