/**
 * What the kernel itself tells the program, as the events of a node.
 *
 * Who calls it: the local node. Invariant: once the node closes no other node is told up or down: all go out of its own
 * reach, nobody was lost, and no program need hear of it.
 */
import type { KernelEvent, Neighbor } from '../kernel/contracts.ts';
import type { NodeEmitter } from './events.ts';

export type KernelDelivery =
  | KernelEvent
  | { readonly type: 'link-up'; readonly neighbor: Neighbor }
  | { readonly type: 'link-down'; readonly neighbor: Neighbor; readonly reason: string }
  | { readonly type: 'warning'; readonly code: string; readonly text: string };

export function tellProgram(event: KernelDelivery, events: NodeEmitter, isClosing: boolean): void {
  switch (event.type) {
    case 'node-up': {
      const { name, id } = event.node;
      if (!isClosing) events.emit('node:up', { name, id });
      return;
    }
    case 'node-down': {
      const { name, id } = event.node;
      if (!isClosing) events.emit('node:down', { name, id, reason: event.reason });
      return;
    }
    case 'link-up': {
      const { name, address, direction } = event.neighbor;
      return events.emit('link:up', { node: name, address, direction });
    }
    case 'link-down':
      return events.emit('link:down', { node: event.neighbor.name, reason: event.reason });
    case 'warning':
      return events.emit('warning', { code: event.code, text: event.text });
  }
}
