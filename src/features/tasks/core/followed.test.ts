/** Tasks that a program follows: what the broker of the moment hears of it, and what the program hears. */
import { beforeEach, expect, test } from 'vitest';
import { FollowedTasks } from './followed.ts';
import { taskLimits } from './limits.ts';
import type { TaskNews } from './messages.ts';
import { decodeTaskMessage } from './wire.ts';

const [a, b] = ['a', 'b'].map((digit) => digit.repeat(32)) as [string, string];

/** `follow a`, for each message. */
let said: string[];
let heard: TaskNews[];
let hasBroker: boolean;
let followed: FollowedTasks;

beforeEach(() => {
  said = [];
  heard = [];
  hasBroker = true;
  followed = new FollowedTasks({
    send: (bytes) => {
      if (!hasBroker) return false;
      const message = decodeTaskMessage(bytes);
      if (message?.type !== 'follow' && message?.type !== 'unfollow')
        throw new Error('the broker cannot read this');
      said.push(`${message.type} ${message.ids.map((id) => id[0]).join('')}`);
      return true;
    },
    deliver: ({ news }) => heard.push(...news),
    flushLater: () => undefined,
  });
});

function news(id: string, state: TaskNews['state']): TaskNews {
  return { id, state, attempt: 1, worker: 'w', reason: '', share: -1, note: '', isWhole: false, results: [] };
}

test('what is followed in one turn is said in one message, and what becomes of it is delivered', () => {
  followed.follow(a);
  followed.follow(b);
  followed.flush();
  followed.flush();
  expect(said).toEqual(['follow ab']);
  followed.received([news(a, 'queued'), news(b, 'running')]);
  expect(heard.map(({ id, state }) => [id, state])).toEqual([
    [a, 'queued'],
    [b, 'running'],
  ]);
});

test('no message names more tasks than it may', () => {
  for (let i = 0; i <= taskLimits.tasksPerMessageMax; i++) followed.follow(i.toString(16).padStart(32, '0'));
  followed.flush();
  expect(said.map((each) => each.length - 'follow '.length)).toEqual([taskLimits.tasksPerMessageMax, 1]);
});

test('the broker hears once of a task that is followed twice, and hears of its end after both', () => {
  followed.follow(a);
  followed.flush();
  followed.follow(a);
  followed.flush();
  followed.unfollow(a);
  followed.flush();
  expect(said).toEqual(['follow a']);
  followed.unfollow(a);
  followed.flush();
  expect(said).toEqual(['follow a', 'unfollow a']);
  expect(followed.count).toBe(0);
});

test('one who follows later hears at once what is known', () => {
  followed.follow(a);
  followed.received([news(a, 'running')]);
  followed.follow(a);
  expect(heard.map(({ state }) => state)).toEqual(['running', 'running']);
});

test('what is followed and not any more in one turn is not said', () => {
  followed.follow(a);
  followed.unfollow(a);
  followed.flush();
  expect(said).toEqual([]);
  followed.follow(a);
  followed.flush();
  followed.unfollow(a);
  followed.follow(a);
  followed.flush();
  expect(said).toEqual(['follow a']);
});

test.each(['done', 'failed', 'cancelled', 'expired', 'lost', 'unknown'] as const)(
  'nothing more is expected of a task that is %s',
  (state) => {
    followed.follow(a);
    followed.follow(a);
    followed.flush();
    followed.received([news(a, state)]);
    followed.received([news(a, state)]);
    expect(heard).toHaveLength(1);
    expect(followed.count).toBe(0);
    followed.unfollow(a);
    followed.brokerChanged();
    followed.flush();
    expect(said).toEqual(['follow a']);
  },
);

test('news of tasks that nobody follows are not delivered', () => {
  followed.follow(a);
  followed.flush();
  followed.unfollow(a);
  followed.received([news(a, 'running'), news(b, 'running')]);
  expect(heard).toEqual([]);
});

test('the next broker hears what is followed, and nothing else', () => {
  followed.follow(a);
  followed.follow(b);
  followed.flush();
  followed.unfollow(b);
  followed.brokerChanged();
  followed.flush();
  expect(said).toEqual(['follow ab', 'follow a']);
});

test('without a broker it is said to the first one that is there', () => {
  hasBroker = false;
  followed.follow(a);
  followed.flush();
  hasBroker = true;
  followed.brokerChanged();
  followed.flush();
  expect(said).toEqual(['follow a']);
});

test('beyond the limit a task is refused, and one that is followed already is not', () => {
  for (let i = 0; i < taskLimits.tasksFollowedMax; i++) followed.follow(i.toString(16).padStart(32, '0'));
  expect(followed.count).toBe(taskLimits.tasksFollowedMax);
  expect(followed.follow(a)?.code).toBe('SKEIN_BUSY');
  expect(followed.follow('0'.repeat(32))).toBeUndefined();
});

test('a result is handed over without the message that it came in', () => {
  followed.follow(a);
  const message = new Uint8Array(100);
  const results = [{ encoding: 0, body: message.subarray(50, 53) }];
  followed.received([{ ...news(a, 'done'), results }]);
  expect(heard[0]?.results[0]?.body.buffer.byteLength).toBe(3);
});
