/** Two ends of a line over a network that a property draws: what it loses, repeats and delays. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ends, type Fate, frameOf, texts } from '../../../test/core/line-ends.ts';
import type { BehaviorAgent } from '../contracts.ts';
import { limits } from '../limits.ts';
import { Writer } from '../wire/bytes.ts';
import { encodeFrame, RouteKind } from '../wire/frame.ts';
import { Lines } from './lines.ts';

test('messages arrive in order and once, whatever the network does, and all of them once it behaves', () => {
  const fates = fc.array(fc.constantFrom<Fate>('arrives', 'lost', 'twice', 'late'), { maxLength: 200 });
  void fc.assert(
    fc.property(fates, fc.integer({ min: 1, max: 30 }), (drawn, count) => {
      const left = [...drawn];
      const ends = new Ends(() => left.shift() ?? 'arrives');
      for (const text of texts(count)) {
        ends.say(text);
        ends.run(2);
        expect(ends.handed).toEqual(texts(ends.handed.length));
        expect(ends.processed).toEqual(texts(ends.processed.length));
      }
      ends.run(200_000);
      expect(ends.handed).toEqual(texts(count));
      expect(ends.processed).toEqual(texts(count));
    }),
    { numRuns: 300 },
  );
});

test('a message larger than a part arrives whole, between others', () => {
  const drawn: Fate[] = ['arrives', 'lost', 'arrives', 'late', 'twice', 'arrives', 'lost'];
  const ends = new Ends(() => drawn.shift() ?? 'arrives');
  const bytes = 2 * limits.lineWindowBytes + 5;
  ends.say('before');
  ends.say(new Uint8Array(bytes).fill(7));
  ends.say(new Uint8Array(0));
  ends.say('after');
  ends.run(60_000);
  expect(ends.handed).toEqual(['before', `${bytes}`, '', 'after']);
  expect(ends.processed).toEqual(['before', `${bytes}`, '0', 'after']);
});

test('what the other end has not processed holds up the rest at the window', () => {
  const ends = new Ends(() => 'arrives');
  const size = limits.linePartBytesMax;
  const fit = limits.lineWindowBytes / size;
  for (let i = 0; i < fit + 3; i++) ends.say(new Uint8Array(size));
  ends.run(100, false);
  expect(ends.handed).toHaveLength(fit);
  expect(ends.processed).toEqual([]);
  ends.finish();
  ends.run(100, false);
  expect(ends.processed).toHaveLength(fit);
  expect(ends.handed).toHaveLength(fit + 3);
});

test('an end that sends more small messages than the other one processes is stopped at a limit, and goes on after it', () => {
  const ends = new Ends(() => 'arrives');
  for (let i = 0; i < limits.lineUnprocessedMax + 2; i++) ends.lines(1).send(2, new Uint8Array(1));
  ends.run(100, false);
  expect(ends.handed).toHaveLength(limits.lineUnprocessedMax);
  ends.finish();
  ends.run(10_000);
  expect(ends.handed).toHaveLength(limits.lineUnprocessedMax + 2);
});

test('a message whose successor is done first is reported in its turn', () => {
  const ends = new Ends(() => 'arrives');
  const waiting: (() => void)[] = [];
  const other = new Lines({
    received: (_from, _bytes, done) => void waiting.push(done),
    ended: () => undefined,
    forgotten: () => undefined,
  });
  ends.ends.set(2, other);
  other.started((ends as unknown as { agentOf(node: number): BehaviorAgent }).agentOf(2));
  ends.say('a');
  ends.say('b');
  ends.run(10);
  waiting[1]?.();
  ends.run(10);
  expect(ends.processed).toEqual([]);
  waiting[0]?.();
  ends.run(10);
  expect(ends.processed).toEqual(['a', 'b']);
});

test('what has come and was processed is acknowledged with an answer, and alone after a moment', () => {
  const ends = new Ends(() => 'arrives');
  ends.mention('a');
  ends.run(2, false);
  ends.lines(2).send(1, new TextEncoder().encode('answer'));
  ends.finish();
  ends.run(2, false);
  expect(ends.sent).toEqual(['1 part', '2 part', '2 ack']);
  ends.run(limits.lineAckMs + 2);
  expect(ends.sent).toEqual(['1 part', '2 part', '2 ack', '1 ack']);
  expect(ends.lines(1).nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('that a message was processed is said at once where its sender waits for it', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(2);
  expect(ends.processed).toEqual(['a']);
  expect(ends.sent).toEqual(['1 part', '2 ack']);
});

test('that a message was processed is heard though the first word of it is lost, and the window opens', () => {
  let fate: Fate = 'arrives';
  const ends = new Ends(() => fate);
  const bytes = limits.linePartBytesMax;
  const fit = limits.lineWindowBytes / bytes;
  for (let i = 0; i < fit + 1; i++) ends.say(new Uint8Array(bytes));
  ends.run(100, false);
  expect(ends.handed).toHaveLength(fit);
  fate = 'lost';
  ends.finish();
  fate = 'arrives';
  ends.run(limits.repeatAfterMs + 10);
  expect(ends.handed).toHaveLength(fit + 1);
  expect(ends.processed).toHaveLength(fit + 1);
  expect(ends.lines(1).nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('what is reported as processed while it is asked after makes room once', () => {
  const ends = new Ends(() => 'arrives');
  const bytes = limits.linePartBytesMax;
  const fit = limits.lineWindowBytes / bytes;
  ends.say(new Uint8Array(bytes));
  ends.run(10, false);
  ends.isReachable = false;
  ends.run(limits.repeatAfterMs + 1, false);
  ends.isReachable = true;
  ends.finish();
  ends.run(2, false);
  expect(ends.processed).toHaveLength(1);
  for (let i = 0; i < fit + 1; i++) ends.say(new Uint8Array(bytes));
  ends.run(limits.lineNoRouteMs + 10, false);
  expect(ends.handed).toHaveLength(1 + fit);
});

test('what is not processed for long is asked after less and less often', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(10 * limits.repeatAfterMsMax, false);
  const asked = ends.sent.filter((each) => each === '1 part').length;
  expect(asked).toBeGreaterThan(3);
  expect(asked).toBeLessThan(10 + Math.log2(limits.repeatAfterMsMax / limits.repeatAfterMs) + 2);
  expect(ends.handed).toEqual(['a']);
});

test('much that has come is acknowledged at once', () => {
  const ends = new Ends(() => 'arrives');
  for (let bytes = 0; bytes < limits.lineAckBytes; bytes += limits.lineAckBytes / 4) {
    expect(ends.sent).not.toContain('2 ack');
    ends.mention('x'.repeat(limits.lineAckBytes / 4));
    ends.run(2, false);
  }
  expect(ends.sent.at(-1)).toBe('2 ack');
});

test('what was lost with a route is sent at once over the next one', () => {
  const ends = new Ends(() => 'arrives');
  ends.isReachable = false;
  ends.say('a');
  ends.run(50);
  expect(ends.handed).toEqual([]);
  ends.isReachable = true;
  ends.lines(1).event({ type: 'routes-changed' });
  ends.run(limits.lineNoRouteMs + 10);
  expect(ends.handed).toEqual(['a']);
});

test('an incarnation that has ended is reported, and the next one is handed nothing of what was for it', () => {
  let fate: Fate = 'arrives';
  const ends = new Ends(() => fate);
  ends.say('a');
  ends.run(10);
  fate = 'lost';
  ends.say('lost with it');
  ends.run(10);
  ends.restart(2, '3333333333333333');
  expect(ends.ended).toEqual([2]);
  fate = 'arrives';
  ends.run(20_000);
  expect(ends.handed).toEqual(['a']);
});

test('abandoned messages are not sent any more, and later ones are', () => {
  const ends = new Ends(() => 'arrives');
  ends.isReachable = false;
  ends.say('a');
  ends.lines(1).drop(2);
  ends.isReachable = true;
  ends.say('b');
  ends.run(10_000);
  expect(ends.handed).toEqual(['b']);
  expect(ends.processed).toEqual(['b']);
});

test('frames that are none of a line, and lies about what has come, change nothing', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(10);
  const lines = ends.lines(1);
  const header = {
    kind: RouteKind.node,
    type: 2,
    feature: 7,
    destination: 1,
    source: 2,
    sequence: 0,
    ttl: 9,
    flags: 0,
  };
  const ack = (received: number, processed: number) =>
    new Writer()
      .u48(0x222222222222)
      .u48(0x111111111111)
      .u32(1)
      .u32(2)
      .u48(received)
      .u48(processed)
      .u8(0)
      .finish();
  for (const payload of [new Uint8Array(3), ack(9, 0), ack(1, 2), ack(1, 1).slice(0, -1)])
    lines.message(frameOf(encodeFrame(header, payload)));
  lines.message(frameOf(encodeFrame({ ...header, type: 9 }, ack(1, 1))));
  expect(lines.counts.malformed).toBe(5);
  ends.say('b');
  ends.run(10);
  expect(ends.processed).toEqual(['a', 'b']);
});
