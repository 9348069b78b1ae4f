/**
 * The formation, as the program sees it: who its broker is, who wants a channel by it, and what went wrong.
 *
 * Made by the local node. Invariant: it holds no protocol state; the kernel's formation does.
 */

import type { NodeEmitter } from '../../../node/events.ts';
import type { Channels } from '../../channels/api/channels.ts';
import type { FormationEvent } from '../core/formation-types.ts';

export class FormationEvents {
  private readonly events: NodeEmitter;
  private readonly channels: Channels;

  constructor(events: NodeEmitter, channels: Channels) {
    this.events = events;
    this.channels = channels;
  }

  handle(event: FormationEvent): void {
    switch (event.type) {
      case 'broker':
        return this.events.emit('formation:broker', { broker: event.broker });
      case 'asked':
        return this.asked(event.other, event.address);
      case 'trouble':
        return this.warn(event.text);
    }
  }

  private asked(other: string, address: string): void {
    const request = this.channels.partners.asked(other, address);
    if (request === undefined || this.channels.take(request)) return;
    this.warn(`${other} wants to be paired, and no program of this node accepts channels`);
  }

  private warn(text: string): void {
    this.events.emit('warning', { code: 'formation', text });
  }
}
