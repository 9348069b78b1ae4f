/** Messages about tasks as bytes: each comes back as it was, and what is no message of these is refused. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brokerMessages, memberMessages, tasksSamples } from '../../../../test/samples/tasks.ts';
import { Writer } from '../../../kernel/wire/bytes.ts';
import { taskLimits } from './limits.ts';
import type { FromBroker, FromMember } from './messages.ts';
import { decodeTaskMessage, encodeFromBroker, encodeFromMember } from './wire.ts';
import { TaskKind } from './wire-kinds.ts';

type Message = FromMember | FromBroker;

const fromBroker = new Set<string>(brokerMessages.map(({ type }) => type));
const samples: readonly Message[] = [...memberMessages, ...brokerMessages];

function encode(message: Message): Uint8Array {
  return (
    fromBroker.has(message.type)
      ? encodeFromBroker(message as FromBroker)
      : encodeFromMember(message as FromMember)
  ).slice();
}

/** A code that this node does not know is read as another one. */
function hasForeignCode(message: Message): boolean {
  return message.type === 'ordered' && message.outcomes.some((each) => !each.ok);
}

test.each(samples.map((message) => [message.type, message] as const))(
  '%s comes back as it was',
  (_type, message) => {
    expect(decodeTaskMessage(encode(message))).toEqual(message);
  },
);

test('every kind of message has a sample', () => {
  expect(samples.map(({ type }) => type).sort()).toEqual(Object.keys(TaskKind).sort());
  expect(tasksSamples.samples).toHaveLength(samples.length);
});

test('no beginning of a message is one, and none is with a byte more', () => {
  for (const message of samples) {
    const bytes = encode(message);
    for (let length = 0; length < bytes.length; length++)
      expect(decodeTaskMessage(bytes.subarray(0, length))).toBeUndefined();
    expect(decodeTaskMessage(Uint8Array.of(...bytes, 0))).toBeUndefined();
  }
});

test('random bytes are refused or are a message that is encoded as the same bytes', () => {
  const kinds = fc.constantFrom(...Object.values(TaskKind));
  void fc.assert(
    fc.property(kinds, fc.uint8Array({ maxLength: 64 }), (kind, rest) => {
      const bytes = Uint8Array.of(kind, ...rest);
      const message = decodeTaskMessage(bytes);
      if (message !== undefined && !hasForeignCode(message)) expect(encode(message)).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('messages with a few bytes changed are refused or are encoded as the same bytes', () => {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  let accepted = 0;
  void fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (message, changes) => {
        const bytes = encode(message);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const read = decodeTaskMessage(bytes);
        if (read === undefined || hasForeignCode(read)) return;
        accepted++;
        expect(encode(read)).toEqual(bytes);
      },
    ),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

describe('a message is refused', () => {
  const refused = (message: Message): void => expect(decodeTaskMessage(encode(message))).toBeUndefined();
  const sampleOf = <Type extends Message['type']>(type: Type): Extract<Message, { type: Type }> =>
    samples.find((each) => each.type === type) as Extract<Message, { type: Type }>;
  const order = sampleOf('order');
  const [first, second] = order.orders;
  if (first === undefined || second === undefined) throw new Error('the sample has two orders');
  const ordering = (change: object): Message => ({ ...order, orders: [{ ...first, ...change }] });
  const needing = (change: object): Message => ordering({ needs: { ...second.needs, ...change } });
  const work = sampleOf('work');

  test.each([
    ['a service that is no name', ordering({ service: 'a b' })],
    ['a name with an escape sequence', ordering({ service: '\u001b[31mred' })],
    ['a priority of 0', ordering({ priority: 0 })],
    ['a priority of 4', ordering({ priority: 4 })],
    [
      'too large an input',
      ordering({ input: { encoding: 0, body: new Uint8Array(taskLimits.taskInputBytes + 1) } }),
    ],
    ['too long a delay', ordering({ delayMs: taskLimits.taskDelayMsMax + 1 })],
    ['too long a timeout', ordering({ timeoutMs: taskLimits.taskDelayMsMax + 1 })],
    ['too many attempts', ordering({ attempts: taskLimits.taskAttemptsMax + 1 })],
    ['too long a key', ordering({ key: 'k'.repeat(taskLimits.taskKeyBytesMax + 1) })],
    ['a key with a control character', ordering({ key: 'a\u0007' })],
    ['a digest that is none', ordering({ digest: 'not hex' })],
    ['a task that it waits for twice', ordering({ after: [first.id, first.id] })],
    ['too many cores', needing({ cores: taskLimits.taskUnitsMax + 1 })],
    ['too much memory', needing({ memory: taskLimits.taskMemoryMax + 1 })],
    ['software out of order', needing({ software: ['b', 'a'] })],
    ['the same software twice', needing({ software: ['a', 'a'] })],
    ['software that is no word', needing({ software: ['a b'] })],
    [
      'resources out of order',
      needing({
        resources: [
          ['b', 1],
          ['a', 1],
        ],
      }),
    ],
    ['none of a resource', needing({ resources: [['gpu', 0]] })],
    ['a node that is no name', needing({ node: '..' })],
    ['the same node twice among those that may not', needing({ not: ['c', 'c'] })],
    ['the same service twice', { ...work, services: [...work.services, ...work.services] }],
    [
      'a service without concurrency',
      { ...work, services: [{ ...work.services[0], concurrency: 0 }] } as Message,
    ],
    ['a claim without a fence', { ...sampleOf('started'), attempts: [{ n: 7, fence: 0 }] }],
    ['a task without a place', { ...sampleOf('withdrawn'), ns: [0] }],
    [
      'too many ids',
      { type: 'follow', ids: Array.from({ length: taskLimits.tasksPerMessageMax + 1 }, () => first.id) },
    ],
  ] as const satisfies readonly (readonly [string, Message])[])('with %s', (_what, message) => {
    refused(message);
  });

  test('with a flag that means nothing', () => {
    const bytes = encode({ ...order, orders: [first] });
    const flags = 1 + 1 + 1 + 1 + 16;
    bytes[flags] = 32;
    expect(decodeTaskMessage(bytes)).toBeUndefined();
  });

  test('where a number is longer than it has to be', () => {
    const bytes = Uint8Array.of(TaskKind.renewed, 0x81, 0x00, 0x05);
    expect(decodeTaskMessage(Uint8Array.of(TaskKind.renewed, 0x01, 0x05))).toEqual({
      type: 'renewed',
      number: 1,
      leaseMs: 5,
    });
    expect(decodeTaskMessage(bytes)).toBeUndefined();
  });

  test('of a kind that nobody knows', () => {
    expect(decodeTaskMessage(new Writer().u8(0).finish())).toBeUndefined();
    expect(decodeTaskMessage(new Writer().u8(99).finish())).toBeUndefined();
  });
});

test('a worker cannot say that it has died', () => {
  const died = {
    n: 1,
    fence: 1,
    outcome: 'died',
    result: { encoding: 0, body: new Uint8Array(0) },
    reason: '',
    isFinal: false,
  } as const;
  expect(() => encodeFromMember({ type: 'ended', store: 1, items: [died] })).toThrow('died');
});

test('a reason goes along as far as it fits, without what would steer a terminal', () => {
  const say = (reason: string): string | undefined => {
    const read = decodeTaskMessage(encode({ type: 'stop', store: 1, items: [{ n: 1, fence: 1, reason }] }));
    return read?.type === 'stop' ? read.items[0]?.reason : undefined;
  };
  expect(say('a\nb\u001b[31mc')).toBe('a b [31mc');
  expect(say('x'.repeat(2000))).toBe('x'.repeat(taskLimits.taskReasonBytesMax));
  expect(say('ä'.repeat(2000))).toBe('ä'.repeat(taskLimits.taskReasonBytesMax / 2));
  expect(say(`${'x'.repeat(taskLimits.taskReasonBytesMax - 1)}😀`)).toBe(
    'x'.repeat(taskLimits.taskReasonBytesMax - 1),
  );
});

test('a failure with a code of a later version is read as one without a meaning of its own', () => {
  const bytes = new Writer()
    .u8(TaskKind.ordered)
    .varint(1)
    .varint(1)
    .u8(2)
    .text('SKEIN_LATER')
    .text('why')
    .text('')
    .finish();
  expect(decodeTaskMessage(bytes)).toMatchObject({
    outcomes: [{ ok: false, failure: { code: 'SKEIN_FAILED', message: 'why' } }],
  });
});
