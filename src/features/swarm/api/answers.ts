/** Answers of the broker to questions, as values: it may be of another version, or lie. */
import { SkeinError } from '../../../kernel/errors.ts';
import { fields, flag, listOf, number, text } from '../../../kit/answers.ts';

/** @throws SkeinError SKEIN_PROTOCOL for what does not fit. */
export function readAnswer<Value>(verb: string, json: string, check: (value: unknown) => Value): Value {
  try {
    return check(JSON.parse(json));
  } catch (cause) {
    const message = `${verb}: the broker of the swarm has answered what does not fit`;
    throw new SkeinError('SKEIN_PROTOCOL', message, { cause });
  }
}

export const nodesAnswer = listOf(
  fields({
    name: text,
    firstSeen: number,
    lastSeen: number,
    services: listOf(text),
    addresses: listOf(text),
    identity: text,
  }),
);

export const forgottenAnswer = fields({ wasSeen: flag, wasPinned: flag });
