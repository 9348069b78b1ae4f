import { expect, test } from 'vitest';
import { eventsOf } from './event-stream.ts';
import type { LocalNode } from './node.ts';

const types = Array.from({ length: 20 }, (_, i) => `type-${i}`);

test('events of many types follow one signal, without a warning of a leak, and end with it', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  const events = new EventTarget();
  const ending = new AbortController();
  const stream = eventsOf(
    { events, eventTypes: types, awaitedEventTypes: [] } as unknown as LocalNode,
    ending.signal,
  );
  for (const type of types) events.dispatchEvent(new CustomEvent(type, { detail: type }));
  const seen: unknown[] = [];
  for await (const { type } of stream) if (seen.push(type) === types.length) ending.abort();
  events.dispatchEvent(new CustomEvent('type-0'));
  // Node.js reports one in the next turn.
  await new Promise(setImmediate);
  process.off('warning', warned);
  expect(seen).toEqual(types);
  expect(warnings).toEqual([]);
});
