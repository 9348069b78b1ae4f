/**
 * Questions to the broker, its answers, and what members watch there, byte for byte.
 *
 * ```
 * every     u8 kind
 * question  1, varint number, text verb, text input as JSON
 * answer    2, varint number, text JSON
 * failure   3, varint number, text code, text message, text details (`kernel/wire/failure.ts`)
 * refusal   4, varint 0, the same: of no question, the node may not act in its name
 * watch     5, varint number, text topics (separated by spaces)
 * unwatch   6, varint number
 * changed   7, varint number
 * ```
 * Invariant: what is read is whole and within its limits, or undefined.
 */
import type { Failure } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { readFailure, writeFailure } from '../../../kernel/wire/failure.ts';
import { swarmLimits } from './limits.ts';

export const QuestionKind = {
  ...{ question: 1, answer: 2, failure: 3, refusal: 4 },
  ...{ watch: 5, unwatch: 6, changed: 7 },
} as const;

export type SwarmMessage =
  | { readonly type: 'question'; readonly number: number; readonly verb: string; readonly json: string }
  | { readonly type: 'answer'; readonly number: number; readonly json: string }
  | { readonly type: 'failure' | 'refusal'; readonly number: number; readonly failure: Failure }
  | { readonly type: 'watch'; readonly number: number; readonly topics: readonly string[] }
  | { readonly type: 'unwatch' | 'changed'; readonly number: number };

export function encodeQuestion(number: number, verb: string, json: string): Uint8Array {
  return new Writer(json.length + 80).u8(QuestionKind.question).varint(number).text(verb).text(json).finish();
}

export function encodeAnswer(number: number, json: string): Uint8Array {
  return new Writer(json.length + 16).u8(QuestionKind.answer).varint(number).text(json).finish();
}

export function encodeFailure(number: number, why: Failure): Uint8Array {
  return encodeWhy(QuestionKind.failure, number, why);
}

export function encodeRefusal(why: Failure): Uint8Array {
  return encodeWhy(QuestionKind.refusal, 0, why);
}

function encodeWhy(kind: number, number: number, why: Failure): Uint8Array {
  const writer = new Writer(why.message.length + 80).u8(kind).varint(number);
  writeFailure(writer, why);
  return writer.finish();
}

export function encodeWatch(number: number, topics: readonly string[]): Uint8Array {
  return new Writer(80).u8(QuestionKind.watch).varint(number).text(topics.join(' ')).finish();
}

export function encodeUnwatch(number: number): Uint8Array {
  return new Writer(16).u8(QuestionKind.unwatch).varint(number).finish();
}

export function encodeChanged(number: number): Uint8Array {
  return new Writer(16).u8(QuestionKind.changed).varint(number).finish();
}

export function decodeSwarmMessage(bytes: Uint8Array): SwarmMessage | undefined {
  const reader = new Reader(bytes);
  const message = read(reader);
  return reader.complete ? message : undefined;
}

function read(reader: Reader): SwarmMessage | undefined {
  const kind = reader.u8();
  const number = reader.varint();
  if (kind === QuestionKind.question) {
    const verb = reader.text(limits.serviceBytesMax);
    return { type: 'question', number, verb, json: reader.text(swarmLimits.swarmQuestionBytesMax) };
  }
  if (kind === QuestionKind.answer)
    return { type: 'answer', number, json: reader.text(swarmLimits.swarmAnswerBytesMax) };
  if (kind === QuestionKind.watch) {
    const topics = reader.text(swarmLimits.swarmTopicsBytesMax).split(' ');
    return { type: 'watch', number, topics };
  }
  if (kind === QuestionKind.unwatch) return { type: 'unwatch', number };
  if (kind === QuestionKind.changed) return { type: 'changed', number };
  if (kind !== QuestionKind.failure && kind !== QuestionKind.refusal) return undefined;
  const type = kind === QuestionKind.failure ? 'failure' : 'refusal';
  return { type, number, failure: readFailure(reader) };
}
