import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { spLimits } from './sp-limits.ts';
import { SpProtocol, SpStream, type SpTransport, spGreeting, spMessage } from './sp-stream.ts';

const transports: SpTransport[] = ['tcp', 'ipc'];

function open(transport: SpTransport, protocol: SpProtocol = SpProtocol.bus, messageBytesMax?: number) {
  const messages: number[][] = [];
  const greeted = vi.fn();
  const sink = { greeted, message: (body: Uint8Array) => messages.push([...body]) > 0 };
  const options = messageBytesMax === undefined ? {} : { messageBytesMax };
  return { stream: new SpStream(sink, { protocol, transport, ...options }), messages, greeted };
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test('the bytes are those of nanomsg', () => {
  expect([...spGreeting(SpProtocol.pair)]).toEqual([0, 0x53, 0x50, 0, 0, 0x10, 0, 0]);
  expect([...spGreeting(SpProtocol.bus)]).toEqual([0, 0x53, 0x50, 0, 0, 0x70, 0, 0]);
  expect([...spMessage(Uint8Array.of(7, 8), 'tcp')]).toEqual([0, 0, 0, 0, 0, 0, 0, 2, 7, 8]);
  expect([...spMessage(Uint8Array.of(7), 'ipc')]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1, 7]);
});

test.each(transports)('%s: messages cut at any places come out whole and in order', (transport) => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
  const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 30 });
  fc.assert(
    fc.property(bodies, cuts, (sent, places) => {
      const { stream, messages } = open(transport);
      const wire = joined(spGreeting(SpProtocol.bus), ...sent.map((body) => spMessage(body, transport)));
      const ends = [...new Set(places.map((place) => Math.min(place, wire.length)))].sort((a, b) => a - b);
      let at = 0;
      for (const end of [...ends, wire.length]) {
        // Each chunk is its own memory, used for something else once it was handed over.
        const chunk = wire.slice(at, end);
        expect(stream.push(chunk)).toBeUndefined();
        chunk.fill(0xee);
        at = end;
      }
      expect(messages).toEqual(sent.map((body) => [...body]));
    }),
  );
});

describe('a greeting', () => {
  test('is awaited before anything else', () => {
    const { stream, greeted } = open('tcp');
    expect(stream.push(spGreeting(SpProtocol.bus).subarray(0, 7))).toBeUndefined();
    expect(greeted).not.toHaveBeenCalled();
    expect(stream.push(Uint8Array.of(0))).toBeUndefined();
    expect(greeted).toHaveBeenCalledOnce();
  });

  test.each([0, 1, 2, 3, 6, 7])('that differs at byte %i is none', (at) => {
    const greeting = spGreeting(SpProtocol.bus);
    greeting[at] = 9;
    expect(open('tcp').stream.push(greeting)).toMatch(/does not greet as nanomsg does/);
  });

  test('of another protocol is refused by name', () => {
    expect(open('tcp').stream.push(spGreeting(SpProtocol.pair))).toBe(
      'it speaks PAIR (16), and BUS (112) is spoken here',
    );
    const greeting = spGreeting(SpProtocol.bus);
    greeting[5] = 0x30;
    expect(open('tcp', SpProtocol.pair).stream.push(greeting)).toMatch(/another protocol \(48\), and PAIR/);
  });

  test('that was wrong stays wrong, whatever comes', () => {
    const { stream, messages, greeted } = open('tcp');
    expect(stream.push(spGreeting(SpProtocol.pair))).toBeDefined();
    expect(stream.push(spMessage(Uint8Array.of(1), 'tcp'))).toBeDefined();
    expect(messages).toEqual([]);
    expect(greeted).not.toHaveBeenCalled();
  });
});

describe('a message', () => {
  test('as large as it may be is taken, one byte more is not', () => {
    const { stream, messages } = open('tcp', SpProtocol.bus, 1000);
    stream.push(spGreeting(SpProtocol.bus));
    expect(stream.push(spMessage(new Uint8Array(1000), 'tcp'))).toBeUndefined();
    expect(stream.push(spMessage(new Uint8Array(1001), 'tcp'))).toBe(
      'a message of 1001 bytes is over the limit of 1000',
    );
    expect(messages.map(({ length }) => length)).toEqual([1000]);
  });

  test('of a length that no memory holds is refused when it is said', () => {
    const { stream } = open('tcp');
    stream.push(spGreeting(SpProtocol.bus));
    expect(stream.push(new Uint8Array(8).fill(0xff))).toMatch(/^a message of 1844674407370955\d+ bytes/);
  });

  test('that is only announced takes no memory', () => {
    const { stream } = open('tcp');
    stream.push(spGreeting(SpProtocol.bus));
    stream.push(spMessage(new Uint8Array(spLimits.spMessageBytesMax), 'tcp').subarray(0, 9));
    expect((stream as unknown as { gathered: Uint8Array }).gathered.length).toBeLessThanOrEqual(
      spLimits.spGatherBytes,
    );
  });

  test('over IPC of another type than the ordinary is refused', () => {
    const { stream } = open('ipc');
    stream.push(spGreeting(SpProtocol.bus));
    expect(stream.push(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0))).toMatch(/of type 2/);
  });

  test('after which the sink wants no more is the last', () => {
    const taken: number[] = [];
    const sink = { greeted: () => undefined, message: (body: Uint8Array) => taken.push(body.length) < 2 };
    const stream = new SpStream(sink, { protocol: SpProtocol.bus, transport: 'tcp' });
    const three = [1, 2, 3].map((length) => spMessage(new Uint8Array(length), 'tcp'));
    expect(stream.push(joined(spGreeting(SpProtocol.bus), ...three))).toBeUndefined();
    expect(taken).toEqual([1, 2]);
  });
});

test('whatever comes, the worst is that the stream is over', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
      const { stream } = open('tcp', SpProtocol.bus, 100);
      stream.push(spGreeting(SpProtocol.bus));
      for (const chunk of chunks) stream.push(chunk);
    }),
  );
});
