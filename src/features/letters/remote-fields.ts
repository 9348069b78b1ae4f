/** What the operations of letters and of conversations share: how a letter is sent, as fields of their inputs. */
import * as v from 'valibot';
import { flag, kindName, wholeNumber } from '../../kit/fields.ts';
import type { LetterOptions } from './api.ts';
import { letterLimits } from './core/limits.ts';

export const own = {
  type: v.exactOptional(kindName),
  idempotencyKey: v.exactOptional(v.pipe(v.string(), v.nonEmpty('expected text that is not empty'))),
  /** Unix milliseconds. */
  notBefore: v.exactOptional(wholeNumber(0, Number.MAX_SAFE_INTEGER, 'Unix milliseconds')),
  expiresMs: v.exactOptional(wholeNumber(1, letterLimits.letterExpiresMsMax, 'milliseconds')),
  allowUnknown: v.exactOptional(flag),
  copies: v.exactOptional(v.pipe(v.picklist([1, 2], 'expected 1 or 2'), v.description('1 or 2'))),
};
export const sentFields = {
  id: v.string(),
  n: v.number(),
  isRepeat: v.boolean(),
  where: v.picklist(['store', 'outbox', 'both']),
};

export function optionsOf<Own extends { readonly notBefore?: number }>({ notBefore, ...rest }: Own) {
  const time: Pick<LetterOptions, 'notBefore'> =
    notBefore === undefined ? {} : { notBefore: new Date(notBefore) };
  return { ...rest, ...time };
}
