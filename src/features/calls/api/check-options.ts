/**
 * Checks of what a program gives to the calls of this feature. Who calls it: a node in this process, and an attached one,
 * so that a mistake is said at once and in the same words. Each throws a TypeError that names the option, the value and
 * what is accepted.
 */
import { checkName } from '../../../kernel/identity.ts';
import {
  checkOneOf,
  checkOptions,
  checkText,
  checkTimeout,
  checkWhole,
  shown,
} from '../../../kit/arguments.ts';
import type { RequestOptions, RespondOptions } from '../api.ts';
import { strategies } from '../core/calls-types.ts';
import { callLimits } from '../core/limits.ts';

const requestOptionNames = ['to', 'strategy', 'key', 'timeoutMs', 'signal'];

export function checkRequestOptions(options: RequestOptions): void {
  checkOptions('request', options, requestOptionNames);
  const { to, strategy, key, timeoutMs } = options;
  if (to !== undefined) checkName(to, 'to');
  checkOneOf('strategy', strategy, strategies);
  checkText('key', key);
  if (strategy === 'sticky' && key === undefined) throw new TypeError('request: sticky needs a key');
  if (key !== undefined && strategy !== undefined && strategy !== 'sticky')
    throw new TypeError(`request: a key is for strategy sticky, not ${strategy}`);
  checkTimeout(timeoutMs);
}

export function checkResponder(service: string, handler: unknown, options: RespondOptions): void {
  if (typeof handler !== 'function')
    throw new TypeError(`respond ${service}: a handler is a function, got ${shown(handler)}`);
  checkOptions('respond', options, ['concurrency', 'queue', 'signal']);
  const { concurrency, queue } = options;
  if (concurrency !== undefined) checkWhole('concurrency', concurrency, 1, callLimits.callsUnresolvedMax);
  if (queue !== undefined) checkWhole('queue', queue, 0, callLimits.callsUnresolvedMax);
}
