/**
 * What an operation may answer, and what it means that it fails: the same in every store.
 *
 * Called by each store, for each operation that it carries out. Invariant: an answer is plain data that nobody else
 * holds; a failure keeps the code of a SkeinError.
 */
import { SkeinError } from '../kernel/errors.ts';
import { plainCopy } from './plain-data.ts';

/** @throws TypeError for what is not plain data, and for a promise: operations are synchronous. */
export function checkAnswer(answer: unknown): unknown {
  refusePromise(answer);
  return plainCopy(answer, 'its answer');
}

/** What it still does after it has returned throws, and is nobody's: the failure is reported here. */
function refusePromise(answer: unknown): void {
  if (!(answer instanceof Promise)) return;
  answer.catch(() => undefined);
  throw new TypeError('it returned a promise, but operations are synchronous');
}

/** An operation threw. */
export function failedOperation(feature: string, verb: string, error: unknown): SkeinError {
  if (error instanceof SkeinError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new SkeinError('SKEIN_FAILED', `${feature} ${verb} failed in the store: ${reason}`, {
    cause: error,
  });
}

/** @throws TypeError for a verb that the feature does not have. @returns The verbs that free room. */
export function freeingVerbs(
  feature: string,
  operations: Readonly<Record<string, unknown>>,
  frees: readonly string[],
): ReadonlySet<string> {
  for (const verb of frees) {
    if (Object.hasOwn(operations, verb)) continue;
    throw new TypeError(
      `the store of ${feature} has no "${verb}", which its "frees" names: it has ${Object.keys(operations).join(', ')}`,
    );
  }
  return new Set(frees);
}

/** @param verbs Of that feature; undefined: the store has no such feature. @param features Those that it has. */
export function unknownOperation(
  feature: string,
  verb: string,
  verbs: readonly string[] | undefined,
  features: readonly string[],
): SkeinError {
  if (verbs !== undefined)
    return new SkeinError(
      'SKEIN_INVALID',
      `the store of ${feature} has no "${verb}": it has ${verbs.join(', ')}`,
    );
  const known = features.join(', ') || 'none';
  const text = `the store has no part for feature "${feature}": open it with that feature's model (it has ${known})`;
  return new SkeinError('SKEIN_INVALID', text);
}
