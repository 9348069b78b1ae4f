/**
 * Bad bytes and bad frames against the node's end of a session: it ends, or answers, and holds nothing afterwards.
 */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type WebSocket from 'ws';
import { operationsOf } from '../../src/kit/operation.ts';
import { HeldMemory } from '../../src/remote/held-memory.ts';
import type { OperationTable } from '../../src/remote/operations.ts';
import {
  decodeFrames,
  encodeFrame,
  FrameType,
  joinFrames,
  type SessionFrame,
  sessionProtocol,
} from '../../src/remote/session/frames.ts';
import { NodeSession } from '../../src/remote/session/node-session.ts';
import { mutate, mutations, seed, times } from './mutations.ts';

const { call, stream, duplex } = operationsOf<object>();
const described = { summary: 'x.', input: v.strictObject({ n: v.exactOptional(v.number()) }) };
const operations = {
  ask: call({ ...described, run: async (_api, { n = 0 }) => ({ n }) }),
  fail: call({ ...described, run: () => Promise.reject(new Error('no')) }),
  items: stream({
    ...described,
    run: async () =>
      (async function* () {
        for (let n = 0; n < 5; n++) yield { n };
      })(),
  }),
  pipe: duplex({ ...described, run: async () => ({ stream: new PassThrough(), state: () => ({}) }) }),
};
const table: OperationTable = new Map(
  Object.entries(operations).map(([name, operation]) => [name, { operation, api: {} }]),
);

/** What a session uses of a WebSocket. */
class Socket extends EventEmitter {
  readonly OPEN = 1;
  readonly CONNECTING = 0;
  readonly bufferedAmount = 0;
  readyState = 1;
  readonly said: SessionFrame[] = [];

  send(message: Uint8Array, _options: object, done: () => void): void {
    this.said.push(...decodeFrames(message));
    done();
  }

  ping(): void {}

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit('close');
  }

  terminate(): void {
    this.close();
  }
}

const memoryBytes = 64 * 1024;
const hello: SessionFrame = [FrameType.hello, 0, { protocol: sessionProtocol }];
const messageOf = (...frames: SessionFrame[]): Uint8Array => {
  const encoded = frames.map(encodeFrame);
  return joinFrames(
    encoded,
    encoded.reduce((sum, { length }) => sum + length, 0),
  );
};

async function play(messages: readonly Uint8Array[]): Promise<Socket> {
  const socket = new Socket();
  const memory = new HeldMemory(memoryBytes);
  new NodeSession(socket as unknown as WebSocket, {
    table,
    memory,
    life: { said: { name: 'a', life: '0' }, ended: new AbortController().signal },
    admit: () => undefined,
    cutOff: () => undefined,
    resumed: async () => undefined,
  });
  for (const message of messages) {
    if (socket.readyState === 1) socket.emit('message', Buffer.from(message), true);
    await new Promise(setImmediate);
  }
  socket.close();
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  // Whatever was held is given back: there is room for all of it.
  expect(() => memory.take(memoryBytes)).not.toThrow();
  return socket;
}

const messages = [
  messageOf(hello),
  messageOf(
    [FrameType.call, 1, 'ask', { n: 1 }],
    [FrameType.call, 2, 'fail', {}],
    [FrameType.call, 3, 'none', {}],
  ),
  messageOf([FrameType.stream, 4, 'items', {}, 2], [FrameType.credit, 4, 9], [FrameType.cancel, 4]),
  messageOf([FrameType.duplex, 5, 'pipe', {}, 100]),
  messageOf([FrameType.data, 5, new Uint8Array(50)], [FrameType.end, 5]),
  messageOf([FrameType.part, 6, new Uint8Array(3000)], [FrameType.call, 6, 'ask']),
];

test('as it is meant, it answers', async () => {
  const { said } = await play(messages);
  expect(said.filter(([type]) => type === FrameType.answer)).toEqual([[FrameType.answer, 1, { n: 1 }]]);
  expect(
    said
      .filter(([type]) => type === FrameType.failed)
      .map(([, id]) => id)
      .sort(),
  ).toEqual([2, 3, 6]);
  expect(said.some(([type, id]) => type === FrameType.data && id === 5)).toBe(true);
});

test('mutated messages are frames, or refused in words', () => {
  fc.assert(
    fc.property(fc.constantFrom(...messages), mutations, (bytes, list) => {
      try {
        expect(Array.isArray(decodeFrames(mutate(bytes, list)))).toBe(true);
      } catch (problem) {
        expect(problem).toMatchObject({ code: 'SKEIN_CONTROL' });
      }
    }),
    { seed, numRuns: times(4000) },
  );
});

test('a session of mutated messages ends or goes on, and holds nothing afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(messages.length - 1), mutations, async (at, list) => {
      await play(messages.map((message, index) => (index === at ? mutate(message, list) : message)));
    }),
    { seed, numRuns: times(300) },
  );
});

test('frames in any order and with any content end the session or are answered, and hold nothing afterwards', async () => {
  const content = fc.oneof(
    fc.constantFrom('ask', 'fail', 'items', 'pipe', 'none', undefined, null, {}, { n: 1 }, -1, 1e300),
    fc.nat(2000).map((length) => new Uint8Array(length)),
    fc.anything({ maxDepth: 1, withBigInt: false, withDate: false }).filter((value) => canBeSaid(value)),
  );
  const frame = fc
    .tuple(fc.nat(FrameType.state), fc.nat(4), fc.array(content, { maxLength: 4 }))
    .map(([type, id, rest]): SessionFrame => [type, id, ...rest]);
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
      await play([messageOf(hello), ...frames.map((one) => messageOf(one))]);
    }),
    { seed, numRuns: times(400) },
  );
});

function canBeSaid(value: unknown): boolean {
  try {
    encodeFrame([FrameType.call, 1, value]);
    return true;
  } catch {
    return false;
  }
}
