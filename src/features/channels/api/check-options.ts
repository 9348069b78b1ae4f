/**
 * Checks of what a program gives to the calls of this feature. Who calls it: a node in this process, and an attached one,
 * so that a mistake is said at once and in the same words. Each throws a TypeError that names the option, the value and
 * what is accepted.
 */
import { checkName } from '../../../kernel/identity.ts';
import { checkOptions, checkTimeout, checkWhole } from '../../../kit/arguments.ts';
import type { PairOptions, PairsOptions, WindowOptions } from '../api.ts';
import { channelLimits } from '../core/limits.ts';

export function checkPairsOptions(options: PairsOptions): void {
  checkOptions('pairs', options, ['protocol', 'signal']);
  if (options.protocol !== undefined) checkName(options.protocol, 'pairs: protocol');
}

export function checkAcceptOptions(options: WindowOptions): void {
  checkOptions('accept', options, ['windowBytes']);
  checkWindow(options.windowBytes);
}

export function checkPairOptions(options: PairOptions): void {
  checkOptions('pair', options, ['protocol', 'windowBytes', 'timeoutMs', 'signal']);
  const { protocol, timeoutMs, windowBytes } = options;
  if (protocol !== undefined) checkName(protocol, 'pair: protocol');
  checkTimeout(timeoutMs);
  checkWindow(windowBytes);
}

function checkWindow(windowBytes: number | undefined): void {
  const { channelWindowBytesMin, channelWindowBytesMax } = channelLimits;
  if (windowBytes !== undefined)
    checkWhole('windowBytes', windowBytes, channelWindowBytesMin, channelWindowBytesMax);
}
