/**
 * What an attached node does to bodies and messages on their way: kinds, schemas, printable lines.
 *
 * Part of an attached node. Invariant: a body is checked by its kind's schema on this side too, since the
 * program's schema is not known to the node in the other process.
 */

import { validate } from '../../../kit/schema.ts';
import type { Message, SnoopedMessage } from '../api.ts';
import type { MessageFields, SnoopedFields } from '../remote.ts';
import type { Kind } from './kind.ts';
import { describeMessage, describeSnooped } from './message-text.ts';

/** The body as its kind's schema returns it. @throws SkeinError SKEIN_INVALID when the schema says no. */
export async function validated<Body>(
  body: unknown,
  kind: Kind<Body> | string | undefined,
): Promise<unknown> {
  return typeof kind === 'object' ? validate(kind, body) : body;
}

/** Undefined, and a warning, when the body does not fit the schema: its sender has another idea of the kind. */
export function messageOf<Body>(
  fields: MessageFields,
  kind: Kind<Body> | string | undefined,
  warn: (code: string, text: string) => void,
): Message<Body> | Promise<Message<Body> | undefined> {
  if (typeof kind !== 'object' || kind.schema === undefined) return described(fields as Message<Body>);
  return validate(kind, fields.body).then(
    (body) => described({ ...fields, body } as Message<Body>),
    (problem: unknown) => {
      const text = problem instanceof Error ? problem.message : String(problem);
      warn('body', `a message of kind ${fields.kind} from ${fields.from} was dropped: ${text}`);
      return undefined;
    },
  );
}

function described<Body>(message: Message<Body>): Message<Body> {
  return withText(message, () => describeMessage(message));
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
