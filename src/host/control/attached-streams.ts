/**
 * What an attached node does to bodies and messages on their way: kinds, schemas, printable lines.
 *
 * Part of an attached node. Invariant: a body is checked by its kind's schema on this side too, since the
 * program's schema is not known to the node in the other process.
 */
import type { Kind } from '../../api/kind.ts';
import type { Message, MessageStream, SnoopedMessage } from '../../api/node.ts';
import { SkeinError } from '../../core/errors.ts';
import { bodyFromJson } from '../../operations/body.ts';
import type { MessageJson } from '../../operations/listen.ts';
import type { SnoopedJson } from '../../operations/snoop.ts';

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

/**
 * The body as its kind's schema returns it.
 * @throws SkeinError SKEIN_INVALID in one line when the schema says no.
 */
export async function validated<Body>(body: unknown, kind: Kind<Body> | string | undefined): Promise<Body> {
  const schema = typeof kind === 'object' ? kind.schema : undefined;
  if (schema === undefined) return body as Body;
  const result = await schema['~standard'].validate(body);
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = (issue?.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
  const where = path === '' ? '' : `${path}: `;
  throw new SkeinError(
    'SKEIN_INVALID',
    `body of kind ${nameOf(kind ?? '')}: ${where}${issue?.message ?? 'invalid'}`,
  );
}

/** Undefined when the body does not fit the kind's schema: it was made by a program with another idea of it. */
export async function messageFromJson<Body>(
  json: MessageJson,
  kind: Kind<Body> | string | undefined,
): Promise<Message<Body> | undefined> {
  try {
    const body = await validated(bodyFromJson(json.body), kind);
    const message = { ...json, route: json.route, body };
    return withLine(message, () => line('message', message, json.recipients.join(','), json.body));
  } catch {
    return undefined;
  }
}

export function snoopedFromJson(json: SnoopedJson): SnoopedMessage {
  const message = { ...json, body: bodyFromJson(json.body) };
  return withLine(message, () => line(`via ${json.from}`, message, json.recipients.join(','), json.body));
}

function line(
  head: string,
  { source, id, kind }: { source: string; id: number; kind: string },
  recipients: string,
  body: unknown,
): string {
  return `${head} ${source}#${id} to ${recipients} ${kind} ${JSON.stringify(body) ?? ''}`;
}

/** Not enumerable, so that a message printed as JSON has its fields only. */
function withLine<Fields extends object>(
  fields: Fields,
  text: () => string,
): Fields & { toString(): string } {
  Object.defineProperty(fields, 'toString', { value: text });
  return fields;
}
