/** Two ends of a line over a network that a property draws: what it loses, repeats and delays. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BehaviorAgent, NodeEntry } from '../contracts.ts';
import { limits } from '../limits.ts';
import { Writer } from '../wire/bytes.ts';
import { encodeFrame, Frame, RouteKind } from '../wire/frame.ts';
import { Lines } from './lines.ts';
import { LineType } from './wire.ts';

type Fate = 'arrives' | 'lost' | 'twice' | 'late';

class Ends {
  now = 0;
  readonly handed: string[] = [];
  readonly processed: string[] = [];
  readonly ended: number[] = [];
  readonly forgotten: number[] = [];
  readonly sent: string[] = [];
  readonly startedOver: number[] = [];
  private readonly undone: (() => void)[] = [];
  private readonly instances = new Map([
    [1, '1111111111111111'],
    [2, '2222222222222222'],
  ]);
  private readonly flying: { at: number; to: number; frame: Uint8Array }[] = [];
  private readonly wantsFlush = new Set<number>();
  readonly ends = new Map<number, Lines>();
  private readonly fate: () => Fate;
  isReachable = true;

  constructor(fate: () => Fate) {
    this.fate = fate;
    for (const node of [1, 2]) this.begin(node);
  }

  begin(node: number): void {
    const lines = new Lines({
      received: (_from, bytes, done) => {
        this.handed.push(bytes.length > 100 ? `${bytes.length}` : new TextDecoder().decode(bytes));
        this.undone.push(done);
      },
      ended: (other) => this.ended.push(other),
      forgotten: (other) => this.forgotten.push(other),
      startedOver: (other) => this.startedOver.push(other),
    });
    lines.started(this.agentOf(node));
    this.ends.set(node, lines);
  }

  restart(node: number, instance: string): void {
    this.instances.set(node, instance);
    this.begin(node);
    this.lines(3 - node).event({ type: 'routes-changed' });
  }

  /** What the other end believes of a node: at the end of the turn, and in the announcement itself. */
  announce(node: number, instance: string): void {
    this.instances.set(node, instance);
    const nothing = new Map<string, Uint8Array>();
    this.lines(3 - node).event({ type: 'sections-changed', node, before: nothing, after: nothing });
    this.lines(3 - node).event({ type: 'routes-changed' });
  }

  lines(node: number): Lines {
    return this.ends.get(node) as Lines;
  }

  /** Where nobody waits for what becomes of it. */
  mention(text: string): void {
    this.lines(1).send(2, new TextEncoder().encode(text));
    this.flush();
  }

  say(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    this.lines(1).send(2, bytes, () =>
      this.processed.push(typeof text === 'string' ? text : `${text.length}`),
    );
    this.flush();
  }

  finish(): void {
    for (const done of this.undone.splice(0)) done();
    this.flush();
  }

  /** Until nothing flies and nobody waits, or the time is over. */
  run(forMs: number, finishes = true): void {
    const until = this.now + forMs;
    for (;;) {
      this.flush();
      const next = Math.min(
        ...this.flying.map(({ at }) => at),
        ...[...this.ends.values()].map((lines) => lines.nextDeadline()),
      );
      if (next > until) break;
      this.now = Math.max(this.now + 0.01, next);
      const due = this.flying.filter(({ at }) => at <= this.now);
      for (const each of due) {
        this.flying.splice(this.flying.indexOf(each), 1);
        this.lines(each.to).message(frameOf(each.frame));
      }
      for (const lines of this.ends.values()) lines.deadline(this.now);
      if (finishes) this.finish();
    }
    this.now = until;
  }

  private flush(): void {
    while (this.wantsFlush.size > 0) {
      const nodes = [...this.wantsFlush];
      this.wantsFlush.clear();
      for (const node of nodes) this.lines(node).flush(this.now);
    }
  }

  private agentOf(node: number): BehaviorAgent {
    const ends = this;
    const agent = {
      get now() {
        return ends.now;
      },
      self: { instance: this.instances.get(node) },
      directory: { get: (id: number) => ({ instance: ends.instances.get(id), reachable: true }) },
      neighbors: new Map(),
      routes: { pathToNode: (id: number) => ({ action: 'next', neighbor: id }) },
      flushLater: () => ends.wantsFlush.add(node),
      send: (
        { node: to }: { node: number },
        payload: Uint8Array,
        { type, sequence = 0 }: { type: number; sequence?: number },
      ) => {
        if (!ends.isReachable) return [{ node: to, reason: 'no-route' }];
        const header = {
          kind: RouteKind.node,
          type,
          feature: 7,
          destination: to,
          source: node,
          sequence,
          ttl: 9,
          flags: 0,
        };
        const frame = encodeFrame(header, payload);
        ends.sent.push(`${node} ${type === LineType.part ? 'part' : 'ack'}`);
        const fate = ends.fate();
        const delays = { arrives: [1], lost: [], twice: [1, 3], late: [30] }[fate];
        for (const delay of delays) ends.flying.push({ at: ends.now + delay, to, frame: frame.slice() });
        return [];
      },
    };
    return agent as unknown as BehaviorAgent;
  }
}

function frameOf(bytes: Uint8Array): Frame {
  const frame = new Frame();
  frame.read(bytes, 0, bytes.length);
  return frame;
}

const texts = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`);

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

test('an end that took this node for gone is sent what it has not processed, from the beginning', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(10);
  ends.say('b');
  ends.run(10, false);
  ends.lines(2).event({
    type: 'node-down',
    node: { id: 1 } as NodeEntry,
    reason: 'left',
  });
  ends.say('c');
  ends.run(10_000);
  expect(ends.forgotten).toEqual([2]);
  expect(ends.handed).toEqual(['a', 'b', 'b', 'c']);
  expect(ends.processed).toEqual(['a', 'b', 'c']);
});

test('a node of which another incarnation was invented hears what was forgotten, though nobody sends anything', () => {
  let fate: Fate = 'arrives';
  const ends = new Ends(() => fate);
  ends.say('a');
  ends.run(10);
  ends.announce(1, '9999999999999999');
  expect(ends.ended).toEqual([1]);
  fate = 'lost';
  ends.announce(1, '1111111111111111');
  ends.run(1000);
  // What was sent and abandoned meanwhile does not take it along.
  ends.lines(2).drop(1);
  ends.run(1000);
  expect(ends.forgotten).toEqual([]);
  fate = 'twice';
  ends.run(10_000);
  expect(ends.forgotten).toEqual([2]);
  expect(ends.lines(2).nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  ends.say('b');
  ends.run(10);
  expect([ends.handed, ends.processed]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test('a node that has said everything again before it hears what was forgotten is not asked for it once more', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(10);
  ends.announce(1, '9999999999999999');
  ends.say('b');
  ends.announce(1, '1111111111111111');
  ends.run(10_000);
  expect(ends.forgotten).toEqual([2]);
  expect(ends.handed).toEqual(['a', 'b']);
});

test('a node that is back as the next incarnation is sent nothing of what was forgotten', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(10);
  const sent = ends.sent.length;
  ends.announce(1, '9999999999999999');
  ends.run(10);
  expect(ends.sent).toHaveLength(sent);
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

test('a node says everything again to an end that has forgotten it while it was away, though it has noticed nothing', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('processed');
  ends.run(100);
  ends.say('waits');
  ends.run(100, false);
  ends.lines(2).forget(1);
  expect(ends.forgotten).toEqual([]);
  const node = { id: 1 } as NodeEntry;
  ends.lines(2).event({ type: 'node-up', node });
  ends.run(10_000);
  expect([ends.forgotten, ends.ended]).toEqual([[2], []]);
  expect(ends.handed).toEqual(['processed', 'waits', 'waits']);
  expect(ends.processed).toEqual(['processed', 'waits']);
});

test('where an end ignores what it has not processed, nothing after it is handed over before the other end has abandoned it', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('processed');
  ends.run(100);
  ends.say('ignored');
  ends.run(100, false);
  ends.lines(2).ignoreUnprocessed();
  ends.say('behind it');
  ends.run(100, false);
  expect(ends.handed).toEqual(['processed', 'ignored']);
  ends.lines(1).drop(2);
  ends.say('ignored');
  ends.say('behind it');
  ends.run(100);
  expect(ends.handed.slice(2)).toEqual(['ignored', 'behind it']);
  expect(ends.processed).toEqual(['processed', 'ignored', 'behind it']);
});

test('an end that has processed all it was handed goes on though it ignores what it has not', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('processed');
  ends.run(100);
  ends.lines(2).ignoreUnprocessed();
  ends.say('the next one');
  ends.run(100);
  expect(ends.processed).toEqual(['processed', 'the next one']);
});

test('an end that abandons what was not processed is reported with what it says next, and not before', () => {
  const ends = new Ends(() => 'arrives');
  ends.say('a');
  ends.run(10);
  ends.say('b');
  ends.run(10, false);
  ends.lines(1).dropAll();
  ends.run(10_000, false);
  expect(ends.startedOver).toEqual([]);
  ends.say('c');
  ends.run(10, false);
  expect(ends.startedOver).toEqual([1]);
  ends.finish();
  ends.run(10);
  // What is done with `b` counts for nothing any more.
  expect([ends.handed, ends.processed]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'c'],
  ]);
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
