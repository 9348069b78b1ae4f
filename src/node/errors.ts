/**
 * The public error with its details typed by code: `if (error.code === 'SKEIN_UNDELIVERED') error.details.missing`.
 *
 * The class is the kernel's, which knows no feature; what programs import is the same class with these types.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FeatureErrorDetails } from '../features/api.ts';
import { type ErrorCode, type Failure, SkeinError as KernelError } from '../kernel/errors.ts';

/** What an error says besides its message, by code; those of other codes say nothing. */
export interface ErrorDetails extends FeatureErrorDetails {
  /** The process on this machine that has the name; undefined where the name is taken elsewhere in the mesh. */
  readonly SKEIN_NAME_TAKEN: { readonly pid: number; readonly addresses: readonly string[] } | undefined;
  /** The names of the nodes on this machine. */
  readonly SKEIN_AMBIGUOUS: { readonly nodes: readonly string[] };
  /** What the schema says, or what is wrong with the runtime folder; undefined where the message says all. */
  readonly SKEIN_INVALID: readonly StandardSchemaV1.Issue[] | { readonly trouble: string } | undefined;
  /** Why nobody could be reached, where the system has said so. */
  readonly SKEIN_UNREACHABLE: { readonly reason: string } | undefined;
  /** The HTTP status of a request that the control socket did not understand. */
  readonly SKEIN_CONTROL: { readonly status: number } | undefined;
}

type DetailsOf<Code> = Code extends keyof ErrorDetails ? ErrorDetails[Code] : undefined;

type ErrorOf<Code extends ErrorCode> = Omit<KernelError, 'code' | 'details'> & {
  /** Stable: once published, it keeps its meaning (`errorCodes`). */
  readonly code: Code;
  /** The parts of what the message says. */
  readonly details: DetailsOf<Code>;
};

type ErrorsByCode = { readonly [Code in ErrorCode]: ErrorOf<Code> };

/**
 * What every call rejects with or throws, but for arguments of the wrong kind (TypeError). `retryable` tells whether the
 * same call may succeed later; `cause` is the error below, where there is one.
 */
export type SkeinError = ErrorsByCode[ErrorCode];

interface SkeinErrorConstructor {
  readonly prototype: SkeinError;
  /** For behaviors and features of a program's own. */
  new <Code extends ErrorCode>(
    code: Code,
    message: string,
    options?: { readonly cause?: unknown; readonly details?: DetailsOf<Code> },
  ): ErrorsByCode[Code];
  /** What a behavior has answered, as an error. */
  from(failure: Failure): SkeinError;
}

export const SkeinError = KernelError as unknown as SkeinErrorConstructor;
