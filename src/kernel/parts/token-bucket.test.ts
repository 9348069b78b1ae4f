import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('the burst is granted at once, then so many per second', () => {
  const bucket = new TokenBucket(5, 10, 1000);
  const granted = (now: number): number => {
    let count = 0;
    while (bucket.take(now)) count++;
    return count;
  };
  expect([granted(1000), granted(1199), granted(1200), granted(3200), granted(100_000)]).toEqual([
    10, 0, 1, 10, 10,
  ]);
});

test('over any span it grants no more than its burst and its rate', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 200 }), (gaps) => {
      const bucket = new TokenBucket(5, 10, 0);
      const grants: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        if (bucket.take(now)) grants.push(now);
      }
      grants.forEach((from, i) => {
        const last = grants.length - 1;
        expect(last - i + 1).toBeLessThanOrEqual(10 + ((grants[last] as number) - from) / 200 + 1);
      });
    }),
  );
});

test('whoever waits until it says is granted, without asking more than twice', () => {
  for (const perSecond of [1, 3, 5, 7, 1000]) {
    const bucket = new TokenBucket(perSecond, 1, 0.123);
    let now = 0.123;
    for (let i = 0; i < 100; i++) {
      let asked = 0;
      while (!bucket.take(now)) {
        expect(++asked).toBeLessThanOrEqual(2);
        now = bucket.nextAt(now);
      }
    }
  }
});

test('time that runs backwards grants nothing and takes nothing', () => {
  const bucket = new TokenBucket(1, 1, 5000);
  expect(bucket.take(5000)).toBe(true);
  expect([bucket.take(1000), bucket.take(5999), bucket.take(6000)]).toEqual([false, false, true]);
});
