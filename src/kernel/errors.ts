/**
 * The one public error and the list of its codes.
 *
 * Core reports expected failures as outputs (a code and a text); the api turns them into `SkeinError`.
 * Invariant: a code, once published, keeps its meaning; a stack never crosses the wire.
 */
import { textOfThrown } from './thrown.ts';

/** What is said of a code, in one place for whoever words it: the class, the control socket, the command line. */
interface ErrorFacts {
  readonly means: string;
  /** The same call may succeed later. */
  readonly retryable?: true;
  /** What the caller wrote is the cause: the same call can never succeed. A command then ends with 2. */
  readonly isWrongInput?: true;
  /** As HTTP says it. Default: 500. */
  readonly status?: number;
}

const table = {
  SKEIN_NAME_TAKEN: { means: 'another living node has this name', status: 409 },
  SKEIN_NAME_PINNED: { means: 'the swarm knows this name with another identity', status: 409 },
  SKEIN_DENIED: { means: 'the members of the mesh have denied that node', status: 403 },
  SKEIN_ID_COLLISION: { means: 'two different names have the same 48-bit id' },
  SKEIN_SELF: { means: 'that is this node itself', status: 400 },
  SKEIN_ALREADY_CONNECTED: { means: 'a link to that node is open already', status: 409 },
  SKEIN_REFUSED: { means: 'the other side refused', status: 403 },
  SKEIN_NOT_NEEDED: { means: 'the reason for the dial was over before it got through' },
  SKEIN_UNREACHABLE: { means: 'nobody answered at that address', retryable: true, status: 502 },
  SKEIN_TIMEOUT: { means: 'no answer in time: unknown, not undelivered', retryable: true, status: 504 },
  SKEIN_NO_ROUTE: { means: 'no route to that node', retryable: true, status: 404 },
  SKEIN_NO_SERVICE: { means: 'no node in reach offers that service', retryable: true },
  SKEIN_UNKNOWN_QUERY: { means: 'the node, or the swarm, answers no query of that name', status: 404 },
  SKEIN_FAILED: { means: 'the other side tried and failed: its own code and message are in the details' },
  SKEIN_LOST: {
    means: 'the other side went out of reach, or ended, with it under way: unknown, not undone',
    retryable: true,
  },
  SKEIN_BUSY: { means: 'a queue on the way or at the other end is full', retryable: true, status: 503 },
  SKEIN_UNDELIVERED: { means: 'at least one recipient is missing', retryable: true, status: 502 },
  SKEIN_VERSION: { means: 'the wire versions have nothing in common' },
  SKEIN_PROTOCOL: { means: 'the other side sent what the protocol does not allow' },
  SKEIN_TOO_LARGE: { means: 'larger than the stated limit', status: 413 },
  SKEIN_NOT_LINKED: { means: 'no link to that node', retryable: true, status: 404 },
  SKEIN_UNKNOWN_NODE: { means: 'no node of that name is known', status: 404 },
  SKEIN_CLOSED: { means: 'the node is closed', status: 503 },
  SKEIN_ABORTED: { means: 'given up by the caller' },
  SKEIN_PROTECTED: { means: 'without a key a node stays on loopback', isWrongInput: true, status: 403 },
  SKEIN_KEY: { means: 'a mesh key is wrong, missing, or not the one of the other side', isWrongInput: true },
  SKEIN_ADDRESS: { means: 'that is not an address', isWrongInput: true, status: 400 },
  SKEIN_ADDRESS_IN_USE: { means: 'that address is taken' },
  SKEIN_INVALID: { means: 'a value does not fit its schema', isWrongInput: true, status: 400 },
  SKEIN_NOT_RUNNING: { means: 'no node runs on this machine' },
  SKEIN_AMBIGUOUS: { means: 'several nodes run on this machine' },
  SKEIN_CONTROL: { means: 'the control socket did not understand', status: 400 },
  SKEIN_INFEASIBLE: { means: 'no worker that was ever here could run such a task', status: 409 },
  SKEIN_EXPIRED: { means: 'the deadline of the task was over before it was done', status: 410 },
  SKEIN_UNKNOWN_TASK: { means: 'the swarm knows no task of that id', status: 404 },
  SKEIN_MAILBOX_FULL: {
    means: 'as many letters wait for that node as may: nothing was stored',
    retryable: true,
    status: 507,
  },
  SKEIN_STORE: { means: 'the file of the store, or its disk, cannot be used as it is', status: 503 },
  SKEIN_STORE_CLAIMED: { means: 'another broker has claimed the store: nothing was written', status: 409 },
  SKEIN_STORE_ELSEWHERE: {
    means: 'the swarm is kept on another machine, which is not here: nothing was written',
    retryable: true,
    status: 503,
  },
  SKEIN_STORE_FULL: {
    means: 'the disk of the store has no room: nothing was written',
    retryable: true,
    status: 507,
  },
} as const satisfies Record<string, ErrorFacts>;

/** The codes of errors; `errorCodes` says what each means. */
export type ErrorCode = keyof typeof table;

/** Every code with its facts: what it means, whether it is retryable, whether the input is wrong, its HTTP status. */
export const errorFacts: Readonly<Record<ErrorCode, ErrorFacts>> = table;

/** Every code, with what it means. */
export const errorCodes = Object.fromEntries(
  Object.entries(table).map(([code, { means }]) => [code, means]),
) as Readonly<Record<ErrorCode, string>>;

/** A failure as data: how it travels inside core, in the outbox and on the wire. */
export interface Failure {
  /** Stable identifier of the kind of failure. */
  readonly code: ErrorCode;
  /** What is wrong, for people. Not stable: programs compare `code`. */
  readonly message: string;
  /** Parts of the failure as data, by code; absent or undefined where there are none. */
  readonly details?: unknown;
}

/**
 * What every public call rejects with.
 *
 * `code` is stable; `retryable` tells whether the same call may succeed later; `cause` is the error
 * below, where there is one; `details` holds the parts (for example each missing recipient).
 */
export class SkeinError extends Error {
  /** Always `SkeinError`. */
  override readonly name = 'SkeinError';
  /** Stable identifier of the kind of failure; `errorCodes` has the meaning of each. */
  readonly code: ErrorCode;
  /** The same call may succeed later. Follows from `code`. */
  readonly retryable: boolean;
  /** Parts of the failure as data, by code. Undefined where there are none. */
  readonly details: unknown;

  /** @param options.cause The error below; `cause` is not set where it is undefined. */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = errorFacts[code].retryable === true;
    this.details = options.details;
  }

  /** The error for a failure that came as data. It has no `cause`. */
  static from(failure: Failure): SkeinError {
    return new SkeinError(failure.code, failure.message, { details: failure.details });
  }
}

/** What somebody threw, as data. @param what Was to be done, for what is no SkeinError. */
export function failureOf(error: unknown, what: string): Failure {
  if (error instanceof SkeinError) return failure(error.code, error.message, error.details);
  return failure('SKEIN_FAILED', `${what} failed: ${textOfThrown(error)}`);
}

/** Makes a `Failure`. Without `details` the property is absent. */
export function failure(code: ErrorCode, message: string, details?: unknown): Failure {
  return details === undefined ? { code, message } : { code, message, details };
}

/** 48 bits of a hash name a node on the wire: two names that share them cannot be in one mesh. */
export function idCollision(mine: string, other: string): Failure {
  const text = `the names "${mine}" and "${other}" have the same id: rename one of the nodes`;
  return failure('SKEIN_ID_COLLISION', text);
}
