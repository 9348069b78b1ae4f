/**
 * Why a query has no answer, on its way: a code and a message, never a stack.
 *
 * Used at both ends. Invariant: what a program's answer threw arrives as SKEIN_FAILED with its own code in the details;
 * of skein's codes only those arrive that the other end may report, so that nobody can claim that this node is closed.
 */

import { type ErrorCode, SkeinError } from '../../../kernel/errors.ts';
import { codeOfThrown, isError, textOfThrown } from '../../../kernel/thrown.ts';

export interface QueryFailure {
  readonly code: string;
  readonly message: string;
}

/** Before the code of what a program's answer threw. */
const thrown = 'answer:';
const codeOfNone = 'ERROR';
const reportable: readonly ErrorCode[] = [
  ...(['SKEIN_UNKNOWN_QUERY', 'SKEIN_BUSY', 'SKEIN_INVALID', 'SKEIN_TOO_LARGE'] as const),
  ...(['SKEIN_TIMEOUT', 'SKEIN_LOST', 'SKEIN_PROTOCOL', 'SKEIN_STORE', 'SKEIN_STORE_FULL'] as const),
];

/** Of what the handler of a program has thrown. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code: string;

  constructor(problem: unknown) {
    super(textOfThrown(problem));
    this.code = thrown + (codeOfThrown(problem) ?? codeOfNone);
  }
}

/** As it leaves the node that was asked. */
export function failureOf(problem: unknown): QueryFailure {
  const error = isError(problem) ? problem : new AnswerError(problem);
  return { code: codeOfThrown(error) ?? 'SKEIN_FAILED', message: textOfThrown(error) };
}

/** As the program sees it that has asked. @param node That was asked. @param where It, or the swarm, in words. */
export function errorOf(
  { code, message }: QueryFailure,
  name: string,
  node: string,
  where: string,
): SkeinError {
  if (code === 'SKEIN_NO_SERVICE' || code === 'SKEIN_CLOSED') return answersNone(name, where);
  const known = reportable.find((each) => each === code);
  if (known !== undefined) return new SkeinError(known, `query ${name} at ${where}: ${message}`);
  const own = code.startsWith(thrown) ? code.slice(thrown.length) : code;
  const text = own === codeOfNone ? message : `${message} (${own})`;
  const details = { node, service: name, code: own, message };
  return new SkeinError('SKEIN_FAILED', `query ${name} at ${where}: ${text}`, { details });
}

export function answersNone(name: string, where: string): SkeinError {
  const text = `query ${name}: ${where} answers no queries: it is closing, or its version has none`;
  return new SkeinError('SKEIN_REFUSED', text);
}

export function doesNotFit(name: string, where: string, cause: unknown): SkeinError {
  const text = `query ${name}: ${where} has answered what does not fit: ${(cause as Error).message}`;
  return new SkeinError('SKEIN_PROTOCOL', text, { cause });
}
