/**
 * A received message as the program sees it.
 *
 * Made by the consumers, one per message and consumer. Names are looked up when asked for: most handlers
 * only read the body, and this is the hot path (an object with all fields filled in cost three times as much).
 */

import { instanceOfLife } from '../../../kernel/life.ts';
import { readRecipients } from '../../../kernel/wire/frame.ts';
import { decodeBody } from '../../../kit/codec.ts';
import type { MeshView } from '../../../kit/node-ports.ts';
import { nameOf } from '../../../kit/views.ts';
import type { Message, SnoopedMessage } from '../api.ts';
import type { Arrival } from '../core/arrival.ts';
import type { Transit } from '../core/messaging-types.ts';
import { describeMessage, describeSnooped } from './message-text.ts';

export class ReceivedMessage implements Message {
  readonly body: unknown;
  /** Of its body, as it came: the program may take the body's memory away. */
  readonly byteLength: number;
  private readonly arrival: Arrival;
  private readonly mesh: MeshView;

  constructor(arrival: Arrival, body: unknown, mesh: MeshView) {
    this.arrival = arrival;
    this.byteLength = arrival.body.length;
    this.body = body;
    this.mesh = mesh;
  }

  /** All but number and body are the same. */
  isLike(other: ReceivedMessage): boolean {
    const [a, b] = [this.arrival, other.arrival];
    return (
      a.origin === b.origin &&
      a.kind === b.kind &&
      a.recipients === undefined &&
      b.recipients === undefined &&
      a.route === undefined &&
      b.route === undefined
    );
  }

  get from(): string {
    return nameOf(this.fromId, this.mesh.records);
  }

  get fromId(): number {
    return this.arrival.origin.source;
  }

  get instance(): string {
    const { life, lifeTail } = this.arrival.origin;
    return instanceOfLife(life, lifeTail);
  }

  get id(): number {
    return this.arrival.sequence;
  }

  get command(): 'message' {
    return 'message';
  }

  get kind(): string {
    return this.arrival.kind;
  }

  get recipients(): readonly string[] {
    const { recipients } = this.arrival;
    return recipients === undefined
      ? [this.mesh.self.name]
      : readRecipients(recipients).map((id) => nameOf(id, this.mesh.records));
  }

  get route(): readonly string[] | undefined {
    return this.arrival.route?.map((id) => nameOf(id, this.mesh.records));
  }

  toString(): string {
    return describeMessage(this);
  }

  toJSON(): Record<string, unknown> {
    const { id, from, fromId, instance, command, kind, recipients, route, body } = this;
    return { id, from, fromId, instance, command, kind, recipients, route, body };
  }
}

/** What a relay saw. */
export function snoopedMessage(transit: Transit, mesh: MeshView): SnoopedMessage {
  const message = {
    from: nameOf(transit.source, mesh.records),
    id: transit.sequence,
    kind: transit.kind,
    recipients: transit.recipients.map((id) => nameOf(id, mesh.records)),
    via: nameOf(transit.from, mesh.records),
    body: transit.partial ? undefined : tryDecode(transit),
    bodyBytes: transit.totalBytes,
  };
  return Object.defineProperty(message, 'toString', { value: () => describeSnooped(message) });
}

function tryDecode(transit: Transit): unknown {
  try {
    return decodeBody(transit.encoding, transit.body);
  } catch {
    return undefined;
  }
}
