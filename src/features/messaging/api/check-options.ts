/**
 * Checks of what a program gives to messaging's calls. Who calls it: messaging of a node in this process, and of an
 * attached one, so that a mistake is said at once and in the same words. Each throws a TypeError that names the option,
 * the value and what is accepted.
 */
import { checkOneOf, checkOptions, checkTimeout, checkWhole, shown } from '../../../kit/arguments.ts';
import type { BatchOptions, MessagesOptions, SendOptions } from '../api.ts';
import { messagingLimits } from '../core/limits.ts';
import { checkKind } from './kind.ts';

const sendOptionNames = ['kind', 'require', 'receipt', 'trace', 'timeoutMs', 'signal'];
export function checkSendOptions(options: SendOptions<never>): void {
  checkOptions('send', options, sendOptionNames);
  const { kind: named, timeoutMs, receipt, require } = options;
  checkKind(named);
  checkTimeout(timeoutMs);
  checkOneOf('receipt', receipt, ['all', 'count', 'none']);
  checkOneOf('require', require, ['all', 'any', 'none']);
}

export function checkBatchOptions(options: BatchOptions<never>): void {
  checkOptions('batch', options, ['kind', 'inFlight', 'timeoutMs']);
  const { kind: named, inFlight, timeoutMs } = options;
  checkKind(named);
  if (inFlight !== undefined) checkWhole('inFlight', inFlight, 1, messagingLimits.unresolvedPerNodeMax);
  checkTimeout(timeoutMs);
}

export function checkHandler(handler: unknown): void {
  if (typeof handler !== 'function')
    throw new TypeError(`handle: a handler is a function, got ${shown(handler)}`);
}

export function checkConsumer(call: string, options: MessagesOptions<never>): void {
  checkOptions(call, options, ['kind', 'bufferMessages', 'signal']);
  checkKind(options.kind);
  const { bufferMessages = 1 } = options;
  if (Number.isInteger(bufferMessages) && bufferMessages >= 1) return;
  throw new TypeError(`bufferMessages is a whole number from 1, got ${shown(bufferMessages)}`);
}
