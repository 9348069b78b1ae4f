import { expect, test } from 'vitest';
import { SkeinError } from '../kernel/errors.ts';
import { attachedHandler } from './attached-handler.ts';
import { PushStream } from './stream.ts';
import { withResolvers } from './with-resolvers.ts';

interface Item {
  readonly ticket: number;
  readonly isLeft?: boolean;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A handler whose items wait until they are done by hand. */
function handling(isOneByOne = false, refuse?: (settlement: object) => void) {
  const stream = new PushStream<Item>({ closed: () => undefined }, Promise.resolve());
  const begun: { readonly ticket: number; readonly done: () => void; readonly signal: AbortSignal }[] = [];
  const settled: object[] = [];
  const unsettled: string[] = [];
  const session = { lose: (): void => undefined };
  attachedHandler<Item, Item, { readonly answer: number }>({
    open(lost) {
      session.lose = lost;
      return stream;
    },
    isTask: (item): item is Item => item.isLeft !== true,
    async handle({ ticket }, left) {
      const { promise, resolve } = withResolvers();
      begun.push({ ticket, done: () => resolve(), signal: left.signal });
      await promise;
      if (ticket === 13) throw Object.assign(new Error('unlucky'), { code: 'E_UNLUCKY' });
      return { answer: ticket };
    },
    settle(settlement) {
      refuse?.(settlement);
      settled.push(settlement);
    },
    unsettled: ({ message }) => void unsettled.push(message),
    isOneByOne,
  });
  const tickets = () => begun.map(({ ticket }) => ticket);
  return { stream, begun, tickets, settled, unsettled, session };
}

test('items are handled as they come, or one by one, and each is settled with what became of it', async () => {
  for (const isOneByOne of [false, true]) {
    const { stream, begun, tickets, settled, unsettled } = handling(isOneByOne);
    for (const ticket of [1, 13]) stream.push({ ticket });
    await turn();
    expect(tickets()).toEqual(isOneByOne ? [1] : [1, 13]);
    begun[0]?.done();
    await turn();
    begun[1]?.done();
    await turn();
    const failure = { code: 'E_UNLUCKY', message: 'unlucky' };
    expect(settled).toEqual([
      { ticket: 1, answer: 1 },
      { ticket: 13, failure },
    ]);
    expect(unsettled).toEqual([]);
  }
});

test('the signal of an item fires when nobody waits for it, when its session is lost, and when the stream ends', async () => {
  const { stream, begun, session } = handling();
  for (const ticket of [1, 2]) stream.push({ ticket });
  stream.push({ ticket: 1, isLeft: true });
  await turn();
  const aborted = () => begun.map(({ signal }) => signal.aborted);
  expect(aborted()).toEqual([true, false]);
  session.lose();
  expect(aborted()).toEqual([true, true]);
  stream.push({ ticket: 1 });
  await turn();
  expect(aborted()).toEqual([true, true, false]);
  await stream.close();
  await turn();
  expect(aborted()).toEqual([true, true, true]);
});

test('what was handed over in a session that is lost is neither settled nor begun in the next', async () => {
  const { stream, begun, tickets, settled, unsettled, session } = handling(true);
  for (const ticket of [1, 2]) stream.push({ ticket });
  await turn();
  session.lose();
  stream.push({ ticket: 1 });
  begun[0]?.done();
  await turn();
  expect([tickets(), settled]).toEqual([[1, 1], []]);
  expect(unsettled).toEqual(['the connection to the node on which it came was lost']);
  begun[1]?.done();
  await turn();
  expect(settled).toEqual([{ ticket: 1, answer: 1 }]);
});

test('where the node is away that is reported; an answer that cannot be sent is said as a failure', async () => {
  const away = handling(false, () => {
    throw new SkeinError('SKEIN_NOT_RUNNING', 'the node is away');
  });
  const odd = handling(false, (settlement) => {
    if ('answer' in settlement) throw new TypeError('this body cannot be sent');
  });
  for (const { stream, begun } of [away, odd]) {
    stream.push({ ticket: 1 });
    await turn();
    begun[0]?.done();
    await turn();
  }
  expect([away.settled, away.unsettled]).toEqual([[], ['the node is away']]);
  expect(odd.settled).toEqual([{ ticket: 1, failure: { message: 'this body cannot be sent' } }]);
  expect(odd.unsettled).toEqual([]);
});
