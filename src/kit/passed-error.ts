/**
 * What a handler throws, on its way to another process or thread: its code, where it has one, and its text.
 *
 * Invariant: whatever was thrown has a text, and neither end throws for it.
 */

import { type ErrorCode, errorCodes, SkeinError } from '../kernel/errors.ts';
import { codeOfThrown, textOfThrown } from '../kernel/thrown.ts';

export interface PassedError {
  readonly code?: string;
  readonly message: string;
}

export function passedErrorOf(problem: unknown): PassedError {
  const code = codeOfThrown(problem);
  const message = textOfThrown(problem);
  return code === undefined ? { message } : { code, message };
}

export function errorOf({ code, message }: PassedError): Error {
  if (code === undefined) return new Error(message);
  if (Object.hasOwn(errorCodes, code)) return new SkeinError(code as ErrorCode, message);
  return Object.assign(new Error(message), { code });
}
