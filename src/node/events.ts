/**
 * The typed EventTarget of a node.
 *
 * Who calls it: the local node and the attached client emit, programs listen. Invariant: a listener that
 * throws does not disturb the node (the platform reports it as uncaught, as for any EventTarget).
 */
import type { NodeEvents, NodeEventTarget } from './node.ts';

type Listener = Parameters<EventTarget['addEventListener']>[1];

export class NodeEmitter implements NodeEventTarget {
  private readonly target = new EventTarget();

  addEventListener<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: CustomEvent<NodeEvents[Type]>) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void {
    this.target.addEventListener(type, listener as unknown as Listener, options);
  }

  removeEventListener<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: CustomEvent<NodeEvents[Type]>) => void,
  ): void {
    this.target.removeEventListener(type, listener as unknown as Listener);
  }

  emit<Type extends keyof NodeEvents>(type: Type, detail: NodeEvents[Type]): void {
    this.target.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
