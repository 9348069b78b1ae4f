import { beforeEach, expect, test } from 'vitest';
import { BlockedLoop } from './blocked.ts';
import { taskLimits } from './limits.ts';

const { taskBlockedMs, taskBlockedSaidMs } = taskLimits;
let loop: BlockedLoop;

beforeEach(() => {
  loop = new BlockedLoop();
});

const advice = 'give tasks.work the path of a module instead, whose tasks have threads of their own';

test('a service whose handler has blocked the loop for over a second is named, with the time and what to do', () => {
  loop.begun('render');
  expect(loop.look(taskBlockedMs, 0)).toBeUndefined();
  expect(loop.look(1234.5, 100)).toBe(`a handler of "render" blocked the event loop for 1235 ms: ${advice}`);
});

test('it is named also where it has ended meanwhile, but not for what comes after the next look', () => {
  loop.begun('render');
  loop.ended('render');
  expect(loop.isIdle).toBe(false);
  expect(loop.look(2000, 0)).toContain('"render"');
  expect(loop.isIdle).toBe(true);
  expect(loop.look(2000, 2 * taskBlockedSaidMs)).toBeUndefined();
});

test('of several at work all are named: it may have been each of them', () => {
  for (const service of ['a', 'b', 'b', 'c']) loop.begun(service);
  for (const service of ['b', 'c']) loop.ended(service);
  loop.look(0, 0);
  expect(loop.look(1500, 10)).toBe(`a handler of "a" or "b" blocked the event loop for 1500 ms: ${advice}`);
});

test('it is named once a minute, however often it blocks; another one is named all the same', () => {
  loop.begun('a');
  expect(loop.look(2000, 0)).toContain('"a"');
  expect(loop.look(2000, taskBlockedSaidMs - 1)).toBeUndefined();
  expect(loop.look(2000, taskBlockedSaidMs)).toContain('"a"');
  loop.begun('b');
  expect(loop.look(2000, taskBlockedSaidMs + 1)).toContain('"b"');
  expect(loop.look(2000, taskBlockedSaidMs + 2)).toBeUndefined();
});
