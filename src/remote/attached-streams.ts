/**
 * What an attached node does to bodies and messages on their way: kinds, schemas, printable lines.
 *
 * Part of an attached node. Invariant: a body is checked by its kind's schema on this side too, since the
 * program's schema is not known to the node in the other process.
 */
import type { Kind } from '../features/messaging/api/kind.ts';
import { describeMessage, describeSnooped } from '../features/messaging/api/message-text.ts';
import type { MessageJson } from '../features/messaging/remote/listen.ts';
import type { SnoopedJson } from '../features/messaging/remote/snoop.ts';
import { bodyFromJson } from '../kit/body.ts';
import { validate } from '../kit/schema.ts';
import type { Message, MessageStream, SnoopedMessage } from '../node/node.ts';

export function nameOf(kind: Kind<unknown> | string): string {
  return typeof kind === 'string' ? kind : kind.name;
}

/** A stream whose items are made from another stream's; an item that becomes undefined is left out. */
export class MappedStream<Json, Item> implements MessageStream<Item> {
  readonly opened: Promise<void>;
  private readonly source: MessageStream<Json>;
  private readonly convert: (json: Json) => Item | undefined | Promise<Item | undefined>;

  constructor(
    source: MessageStream<Json>,
    convert: (json: Json) => Item | undefined | Promise<Item | undefined>,
  ) {
    this.opened = source.opened;
    this.source = source;
    this.convert = convert;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for await (const json of this.source) {
      const item = await this.convert(json);
      if (item !== undefined) yield item;
    }
  }

  close(): Promise<void> {
    return this.source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The body as its kind's schema returns it. @throws SkeinError SKEIN_INVALID when the schema says no. */
export async function validated<Body>(
  body: unknown,
  kind: Kind<Body> | string | undefined,
): Promise<unknown> {
  return typeof kind === 'object' ? validate(kind, body) : body;
}

/** Undefined, and a warning, when the body does not fit the schema: its sender has another idea of the kind. */
export async function messageFromJson<Body>(
  json: MessageJson,
  kind: Kind<Body> | string | undefined,
  warn: (code: string, text: string) => void,
): Promise<Message<Body> | undefined> {
  try {
    const body = (await validated(bodyFromJson(json.body), kind)) as Body;
    const message = { ...json, route: json.route, body };
    return withText(message, () => describeMessage(message));
  } catch (problem) {
    const text = problem instanceof Error ? problem.message : String(problem);
    warn('body', `a message of kind ${json.kind} from ${json.source} was dropped: ${text}`);
    return undefined;
  }
}

export function snoopedFromJson(json: SnoopedJson): SnoopedMessage {
  const message = { ...json, body: bodyFromJson(json.body) };
  return withText(message, () => describeSnooped(message));
}

/** Not enumerable, so that a message printed as JSON has its fields only. */
function withText<Fields extends object>(
  fields: Fields,
  text: () => string,
): Fields & { toString(): string } {
  return Object.defineProperty(fields, 'toString', { value: text });
}
