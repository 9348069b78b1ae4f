/**
 * The formation, as the program sees it: who its broker is, and what went wrong.
 *
 * Made by the local node. Invariant: it holds no protocol state; the kernel's formation does.
 */
import type { FormationEvent } from '../core/features/formation/formation-types.ts';
import type { NodeEmitter } from './events.ts';

export class FormationEvents {
  private readonly events: NodeEmitter;

  constructor(events: NodeEmitter) {
    this.events = events;
  }

  handle(event: FormationEvent): void {
    switch (event.type) {
      case 'broker':
        return this.events.emit('formation:broker', { broker: event.broker });
      case 'trouble':
        return this.events.emit('warning', { code: 'formation', text: event.text });
    }
  }
}
