/**
 * The one public error and the list of its codes.
 *
 * Core reports expected failures as outputs (a code and a text); the api turns them into `SkeinError`.
 * Invariant: a code, once published, keeps its meaning; a stack never crosses the wire.
 */
export const errorCodes = {
  SKEIN_NAME_TAKEN: 'another living node has this name',
  SKEIN_ID_COLLISION: 'two different names have the same 48-bit id',
  SKEIN_SELF: 'that is this node itself',
  SKEIN_ALREADY_CONNECTED: 'a link to that node is open already',
  SKEIN_REFUSED: 'the other side refused',
  SKEIN_NOT_NEEDED: 'the reason for the dial was over before it got through',
  SKEIN_UNREACHABLE: 'nobody answered at that address',
  SKEIN_TIMEOUT: 'no answer in time: unknown, not undelivered',
  SKEIN_NO_ROUTE: 'no route to that node',
  SKEIN_NO_SERVICE: 'no node in reach offers that service',
  SKEIN_FAILED: 'the other side tried and failed: its own code and message are in the details',
  SKEIN_LOST: 'the other side went out of reach, or ended, with it under way: unknown, not undone',
  SKEIN_BUSY: 'a queue on the way or at the other end is full',
  SKEIN_UNDELIVERED: 'at least one recipient is missing',
  SKEIN_VERSION: 'the wire versions have nothing in common',
  SKEIN_PROTOCOL: 'the other side sent what the protocol does not allow',
  SKEIN_TOO_LARGE: 'larger than the stated limit',
  SKEIN_NOT_LINKED: 'no link to that node',
  SKEIN_UNKNOWN_NODE: 'no node of that name is known',
  SKEIN_CLOSED: 'the node is closed',
  SKEIN_ABORTED: 'given up by the caller',
  SKEIN_PROTECTED: 'without a key a node stays on loopback',
  SKEIN_KEY: 'a mesh key is wrong, missing, or not the one of the other side',
  SKEIN_ADDRESS: 'that is not an address',
  SKEIN_ADDRESS_IN_USE: 'that address is taken',
  SKEIN_INVALID: 'a value does not fit its schema',
  SKEIN_NOT_RUNNING: 'no node runs on this machine',
  SKEIN_AMBIGUOUS: 'several nodes run on this machine',
  SKEIN_CONTROL: 'the control socket did not understand',
  SKEIN_STORE_FULL: 'the disk of the store has no room: nothing was written',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A failure as data: how it travels inside core, in the outbox and on the wire. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: unknown;
}

const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SKEIN_UNREACHABLE',
  'SKEIN_TIMEOUT',
  'SKEIN_NO_ROUTE',
  'SKEIN_NO_SERVICE',
  'SKEIN_LOST',
  'SKEIN_BUSY',
  'SKEIN_UNDELIVERED',
  'SKEIN_NOT_LINKED',
  'SKEIN_STORE_FULL',
]);

/**
 * What every public call rejects with.
 *
 * `code` is stable; `retryable` tells whether the same call may succeed later; `cause` is the error
 * below, where there is one; `details` holds the parts (for example each missing recipient).
 */
export class SkeinError extends Error {
  override readonly name = 'SkeinError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = retryableCodes.has(code);
    this.details = options.details;
  }

  static from(failure: Failure): SkeinError {
    return new SkeinError(failure.code, failure.message, { details: failure.details });
  }
}

/** What somebody threw, as data. @param what Was to be done, for what is no SkeinError. */
export function failureOf(error: unknown, what: string): Failure {
  if (error instanceof SkeinError) return failure(error.code, error.message, error.details);
  return failure('SKEIN_FAILED', `${what} failed: ${error instanceof Error ? error.message : String(error)}`);
}

export function failure(code: ErrorCode, message: string, details?: unknown): Failure {
  return details === undefined ? { code, message } : { code, message, details };
}

/** 48 bits of a hash name a node on the wire: two names that share them cannot be in one mesh. */
export function idCollision(mine: string, other: string): Failure {
  const text = `the names "${mine}" and "${other}" have the same id: rename one of the nodes`;
  return failure('SKEIN_ID_COLLISION', text);
}
