/** Two ends of a line of which one has forgotten, ignores or abandons what was under way. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ends, type Fate, texts } from '../../../test/core/line-ends.ts';
import type { NodeEntry } from '../contracts.ts';
import { limits } from '../limits.ts';

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

test('what an end was handed before it forgot is not handed to it again before its sender hears that', () => {
  let fate: Fate = 'twice';
  const ends = new Ends(() => fate);
  ends.say('answered');
  ends.run(2, false);
  fate = 'lost';
  ends.finish();
  ends.lines(2).forget(1);
  ends.lines(2).event({ type: 'node-up', node: { id: 1 } as NodeEntry });
  ends.run(limits.lineNoRouteMs + limits.repeatAfterMsMax);
  expect([ends.handed, ends.forgotten]).toEqual([['answered'], []]);
  fate = 'arrives';
  ends.run(10_000);
  expect([ends.handed, ends.forgotten]).toEqual([['answered', 'answered'], [2]]);
  expect(ends.processed).toEqual(['answered']);
});

test('whatever the network does, nothing is handed over twice to ends that forget unless its sender has heard of that between', () => {
  const fates = fc.array(fc.constantFrom<Fate>('arrives', 'lost', 'twice', 'late'), { maxLength: 200 });
  const steps = fc.array(fc.constantFrom('say', 'forget', 'be back', 'finish', 'wait'), {
    minLength: 1,
    maxLength: 60,
  });
  void fc.assert(
    fc.property(fates, steps, (drawn, taken) => {
      const left = [...drawn];
      const ends = new Ends(() => left.shift() ?? 'arrives');
      let said = 0;
      for (const step of taken) {
        if (step === 'say') ends.say(`message ${said++}`);
        else if (step === 'forget') ends.lines(2).forget(1);
        else if (step === 'be back') ends.lines(2).event({ type: 'node-up', node: { id: 1 } as NodeEntry });
        else if (step === 'finish') ends.finish();
        ends.run(step === 'wait' ? 500 : 1, false);
        expect(Math.max(0, ...timesOf(ends.handed))).toBeLessThanOrEqual(1 + ends.forgotten.length);
      }
      ends.lines(2).event({ type: 'node-up', node: { id: 1 } as NodeEntry });
      ends.finish();
      ends.run(200_000);
      expect(ends.processed).toEqual(texts(said));
    }),
    { numRuns: 300 },
  );
});

function timesOf(handed: readonly string[]): number[] {
  return [...new Set(handed)].map((each) => handed.filter((other) => other === each).length);
}

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
