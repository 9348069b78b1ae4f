/** Results on the worker's disk: what is logged where that fails. */
import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { OwnResults } from './own-results.ts';
import type { TasksShape } from './tasks-shape.ts';

test('a disk that keeps no result is named in one line of the log, and again only after it has kept one', () => {
  const logged: string[] = [];
  const agent = {
    log: (_level: string, text: string, { code }: { code: string }) => logged.push(`${code} ${text}`),
    ownStore: () => 0,
  } as unknown as BehaviorAgent<TasksShape>;
  const results = new OwnResults(agent, { loaded: () => undefined, loadingChanged: () => undefined });
  const failure = { code: 'SKEIN_STORE_FULL', message: 'no room', retryable: true } as const;
  const refuse = (): void => results.completed({ token: 1, verb: 'keepResult', ok: false, failure });
  for (let i = 0; i < 100; i++) refuse();
  const line =
    'SKEIN_STORE_FULL results cannot be kept on this machine, and are lost if this node ends before the swarm has them: no room';
  expect(logged).toEqual([line]);
  results.completed({ token: 1, verb: 'keepResult', ok: true, value: undefined });
  refuse();
  expect(logged).toEqual([line, line]);
});
