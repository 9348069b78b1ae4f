import { getEventListeners } from 'node:events';
import { expect, test, vi } from 'vitest';
import { PushStream } from './stream.ts';
import { subscription } from './subscription.ts';
import { whenAborted } from './when-aborted.ts';

const listenersOf = ({ signal }: AbortController): number => getEventListeners(signal, 'abort').length;

test('all who wait for a signal hear of it once, in order, and those who no longer do hear nothing', () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const hear = (name: string) => whenAborted(controller.signal, () => heard.push(name));
  hear('a');
  const forget = hear('b');
  hear('c');
  forget();
  controller.abort();
  expect(heard).toEqual(['a', 'c']);
});

test('what one of them throws is uncaught, and the others hear of the signal all the same', () => {
  const controller = new AbortController();
  const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
  const heard: string[] = [];
  whenAborted(controller.signal, () => {
    throw new Error('broken');
  });
  whenAborted(controller.signal, () => heard.push('b'));
  controller.abort();
  expect(heard).toEqual(['b']);
  expect(later.mock.calls[0]?.[0]).toThrow('broken');
  later.mockRestore();
});

test('a signal that has fired is heard at once, and none is never', () => {
  const heard: string[] = [];
  whenAborted(AbortSignal.abort(), () => heard.push('fired'))();
  whenAborted(undefined, () => heard.push('none'))();
  expect(heard).toEqual(['fired']);
});

test('however many wait for a signal it has one listener, and none once all are done', () => {
  const controller = new AbortController();
  const forgets = Array.from({ length: 1000 }, () => whenAborted(controller.signal, () => undefined));
  expect(listenersOf(controller)).toBe(1);
  for (const forget of forgets) forget();
  expect(listenersOf(controller)).toBe(0);
  // What is forgotten twice takes nothing from those who came later.
  let heard = 0;
  whenAborted(controller.signal, () => heard++);
  for (const forget of forgets) forget();
  controller.abort();
  expect(heard).toBe(1);
});

test.each([
  ['closed', (stream: PushStream<number>) => stream.close()],
  ['ended by its source', (stream: PushStream<number>) => stream.end()],
  [
    'left in its loop',
    async (stream: PushStream<number>) => {
      stream.push(1);
      for await (const _ of stream) break;
    },
  ],
])('a stream that is %s leaves nothing at its signal', async (_how, end) => {
  const controller = new AbortController();
  const stream = new PushStream<number>({ closed: () => undefined }, Promise.resolve(), controller.signal);
  expect(listenersOf(controller)).toBe(1);
  await end(stream);
  expect(listenersOf(controller)).toBe(0);
});

test('a handler is closed by its signal, and one that was closed leaves nothing there', async () => {
  const controller = new AbortController();
  let closed = 0;
  const open = () => subscription(Promise.resolve(), () => void closed++, controller.signal);
  await open().close();
  expect([closed, listenersOf(controller)]).toEqual([1, 0]);
  open();
  controller.abort();
  expect(closed).toBe(2);
  open();
  expect(closed).toBe(3);
});
