/**
 * Errors on the control socket: `SkeinError` to JSON and HTTP status, and back.
 *
 * Used by the handler and by the client. Invariant: code, message, retryable and details arrive as they
 * left; a stack and a cause stay in the process they belong to.
 */
import { type ErrorCode, errorCodes, errorFacts, SkeinError } from '../kernel/errors.ts';

export interface ErrorJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: unknown;
}

export function statusOf(error: SkeinError): number {
  const { details } = error;
  if (error.code === 'SKEIN_CONTROL' && isRecord(details) && typeof details.status === 'number') {
    return details.status;
  }
  return errorFacts[error.code].status ?? 500;
}

/** A TypeError is how the library refuses an argument; anything else unexpected keeps only its message. */
export function asSkeinError(problem: unknown): SkeinError {
  if (problem instanceof SkeinError) return problem;
  const message = problem instanceof Error ? problem.message : String(problem);
  if (problem instanceof TypeError || codeOf(problem) === 'SKEIN_INVALID') {
    return new SkeinError('SKEIN_INVALID', message, { cause: problem });
  }
  return new SkeinError('SKEIN_CONTROL', `the node failed: ${message}`, {
    cause: problem,
    details: { status: 500 },
  });
}

export function errorToJson(error: SkeinError): ErrorJson {
  const { code, message, retryable, details } = error;
  return { code, message, retryable, ...(details === undefined ? {} : { details }) };
}

/** The error that the other side told of; anything else it said is an error of its own. */
export function errorFromJson(json: unknown): SkeinError {
  if (isRecord(json) && typeof json.message === 'string' && isErrorCode(json.code)) {
    const options = json.details === undefined ? {} : { details: json.details };
    return new SkeinError(json.code, json.message, options);
  }
  return new SkeinError('SKEIN_CONTROL', 'the control socket answered with something that is not skein');
}

export function codeOf(problem: unknown): string | undefined {
  return isRecord(problem) && typeof problem.code === 'string' ? problem.code : undefined;
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
