/**
 * What an attached node does to bodies and messages on their way: kinds, schemas, printable lines.
 *
 * Part of an attached node. Invariant: a body is checked by its kind's schema on this side too, since the
 * program's schema is not known to the node in the other process.
 */

import { textOfThrown } from '../../../kernel/thrown.ts';
import { validate } from '../../../kit/schema.ts';
import type { Message, SnoopedMessage } from '../api.ts';
import type { MessageFields, ShortItem, SnoopedFields } from '../remote.ts';
import type { Kind } from './kind.ts';
import { describeMessage, describeSnooped } from './message-text.ts';

/** The body as its kind's schema returns it. @throws SkeinError SKEIN_INVALID when the schema says no. */
export async function validated<Body>(
  body: unknown,
  kind: Kind<Body> | string | undefined,
): Promise<unknown> {
  return typeof kind === 'object' ? validate(kind, body) : body;
}

/**
 * Makes messages of a stream's items, each of which may leave out what is as in the one before. Undefined, and a
 * warning, when a body does not fit the schema: its sender has another idea of the kind.
 */
export function messagesOf<Body>(
  kind: Kind<Body> | string | undefined,
  warn: (code: string, text: string) => void,
): (item: MessageFields | ShortItem) => Message<Body> | Promise<Message<Body> | undefined> {
  let head: MessageFields | undefined;
  return (item) => {
    if (!isShort(item)) head = item;
    const known = head as MessageFields;
    const [id, body] = isShort(item) ? item : [item.id, item.body];
    if (typeof kind !== 'object' || kind.schema === undefined)
      return new AttachedMessage(known, id, body as Body);
    return validate(kind, body).then(
      (valid) => new AttachedMessage(known, id, valid),
      (problem: unknown) => {
        const text = textOfThrown(problem);
        warn('body', `a message of kind ${known.kind} from ${known.from} was dropped: ${text}`);
        return undefined;
      },
    );
  };
}

function isShort(item: MessageFields | ShortItem): item is ShortItem {
  return Array.isArray(item);
}

/** Shares what is the same in messages that follow each other. */
class AttachedMessage<Body> implements Message<Body> {
  readonly id: number;
  readonly body: Body;
  private readonly head: MessageFields;

  constructor(head: MessageFields, id: number, body: Body) {
    this.head = head;
    this.id = id;
    this.body = body;
  }

  get from(): string {
    return this.head.from;
  }

  get fromId(): number {
    return this.head.fromId;
  }

  get instance(): string {
    return this.head.instance;
  }

  get command(): 'message' {
    return 'message';
  }

  get kind(): string {
    return this.head.kind;
  }

  get recipients(): readonly string[] {
    return this.head.recipients;
  }

  get route(): readonly string[] | undefined {
    return this.head.route;
  }

  toString(): string {
    return describeMessage(this);
  }

  toJSON(): Record<string, unknown> {
    const { id, from, fromId, instance, command, kind, recipients, route, body } = this;
    return { id, from, fromId, instance, command, kind, recipients, route, body };
  }
}

export function snoopedOf(fields: SnoopedFields): SnoopedMessage {
  const message = { ...fields };
  return withText(message, () => describeSnooped(message));
}

/** Not enumerable, so that a message printed as JSON has its fields only. */
function withText<Fields extends object>(
  fields: Fields,
  text: () => string,
): Fields & { toString(): string } {
  return Object.defineProperty(fields, 'toString', { value: text });
}
