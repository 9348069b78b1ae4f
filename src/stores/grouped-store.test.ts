import { expect, test } from 'vitest';
import type { Entry } from './group.ts';
import { GroupedStore } from './grouped-store.ts';
import { storeLimits } from './limits.ts';
import type { Outcome } from './parts.ts';

/** Takes groups, and answers one when the test says so. */
class Recorder extends GroupedStore {
  readonly groups: number[] = [];
  private next: (() => void) | undefined;

  protected override commit(group: readonly Entry[], done: (outcomes: readonly Outcome[]) => void): void {
    this.groups.push(group.length);
    this.next = () => done(group.map(() => ({ ok: true, value: undefined })));
  }

  answer(): void {
    this.next?.();
  }
}

function groupsOf(sizes: readonly number[]): number[] {
  const store = new Recorder();
  for (const size of sizes) void store.execute('any', { verb: 'put', input: new Uint8Array(size) as never });
  while (store.pendingCount > 0) store.answer();
  return store.groups;
}

test('what waits becomes one group, of 500 operations at most', () => {
  expect(groupsOf(Array.from({ length: 1 + storeLimits.groupOperationsMax + 3 }, () => 1))).toEqual([
    1,
    storeLimits.groupOperationsMax,
    3,
  ]);
});

test('a group has 4 MiB of input at most, and what is larger is one by itself', () => {
  const third = storeLimits.groupBytesMax / 3;
  expect(groupsOf([1, third, third, third, third])).toEqual([1, 2, 2]);
  expect(groupsOf([1, 10, 2 * storeLimits.groupBytesMax, 10, 10])).toEqual([1, 1, 1, 2]);
});
