/**
 * Checks of what a program gives to the calls of this feature. Who calls it: a node in this process, and an attached one,
 * so that a mistake is reported at once and in the same words. Each throws a TypeError that names the option, the value
 * and what is accepted.
 */
import { checkName } from '../../../kernel/identity.ts';
import { checkOptions, checkTimeout, checkWhole, shown } from '../../../kit/arguments.ts';
import type { AnswerOptions, QueryOptions, QueryTarget } from '../api.ts';
import { queryLimits } from '../core/limits.ts';

export const concurrencyMax = queryLimits.queriesAtWorkMax;

export function checkQuery(target: QueryTarget, name: string, options: QueryOptions): void {
  const isSwarm = typeof target === 'object' && target?.swarm === true;
  if (!isSwarm && typeof target !== 'string')
    throw new TypeError(`query: the target is a node's name or { swarm: true }, got ${shown(target)}`);
  if (typeof target === 'string') checkName(target, 'query: node');
  checkName(name, 'query');
  checkOptions('query', options, ['timeoutMs', 'signal']);
  const { timeoutMs } = options;
  checkTimeout(timeoutMs);
  if (isSwarm && timeoutMs !== undefined) checkWhole('timeoutMs', timeoutMs, 1, queryLimits.queryTimeoutMs);
}

export function checkAnswer(name: string, handler: unknown, options: AnswerOptions): void {
  checkName(name, 'query');
  if (typeof handler !== 'function')
    throw new TypeError(`answer ${name}: a handler is a function, got ${shown(handler)}`);
  checkOptions('answer', options, ['concurrency', 'swarm', 'signal']);
  const { concurrency, swarm } = options;
  if (concurrency !== undefined) checkWhole('concurrency', concurrency, 1, concurrencyMax);
  if (swarm !== undefined && typeof swarm !== 'boolean')
    throw new TypeError(`answer ${name}: swarm is true or false, got ${shown(swarm)}`);
}
