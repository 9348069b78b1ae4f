/**
 * The typed EventTarget of a node.
 *
 * Who calls it: the local node emits, programs listen. Invariant: a listener that
 * throws does not disturb the node (the platform reports it as uncaught, as for any EventTarget).
 */
import { CountedEvents } from '../kit/counted-events.ts';
import type { NodeEvents } from './node.ts';

export class NodeEmitter extends CountedEvents {
  private readonly listening: (type: string) => void;

  /** @param listening Somebody listens to this type, and nobody did before. */
  constructor(listening: (type: string) => void) {
    super();
    this.listening = listening;
  }

  protected override begun(type: string): void {
    this.listening(type);
  }

  emit<Type extends keyof NodeEvents>(type: Type, detail: NodeEvents[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
