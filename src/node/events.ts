/**
 * The typed EventTarget of a node.
 *
 * Who calls it: the local node and the attached client emit, programs listen. Invariant: a listener that
 * throws does not disturb the node (the platform reports it as uncaught, as for any EventTarget).
 */
import type { NodeEvents } from './node.ts';

export class NodeEmitter extends EventTarget {
  emit<Type extends keyof NodeEvents>(type: Type, detail: NodeEvents[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
