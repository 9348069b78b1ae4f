/** The model of a disk: what a power cut may take away, and what it cannot. */
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { Disk } from './disk.ts';
import type { Call } from './trace.ts';

type Step = Call extends infer Each ? (Each extends Call ? Omit<Each, 'begin' | 'end'> : never) : never;

function rig() {
  const disk = new Disk('/disk');
  const begin = (step: Step) => disk.begin({ ...step, begin: 0, end: 0 } as Call);
  return {
    disk,
    begin,
    run: (...steps: Step[]) => {
      for (const step of steps) begin(step)();
    },
    /** Names, each with its text: with nothing that was not synced. */
    left: () => textsOf(disk.filesAfterCut('nothing', new SeededRandom('none'))),
    /** Every outcome of many cuts. */
    outcomes: () => {
      const all = Array.from({ length: 300 }, (_, seed) =>
        JSON.stringify(textsOf(disk.filesAfterCut('some', new SeededRandom(`some ${seed}`)))),
      );
      return [...new Set(all)].sort().map((text) => JSON.parse(text) as Record<string, string>);
    },
  };
}

const textsOf = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries(Array.from(files, ([name, bytes]) => [name, Buffer.from(bytes).toString()]));
const open = (path: string): Step => ({ type: 'open', path, isEmptied: false });
const sync = (path: string): Step => ({ type: 'sync', path });
const write = (path: string, at: number, text: string): Step => ({
  type: 'write',
  path,
  at,
  size: text.length,
  bytes: Buffer.from(text),
});

test('a file is there once it and its folder are synced, whatever came first', () => {
  const { run, left, disk } = rig();
  run(open('/disk/a'), write('/disk/a', 0, 'text'), sync('/disk/a'));
  expect(left()).toEqual({});
  expect(textsOf(disk.files())).toEqual({ a: 'text' });
  run(sync('/disk'));
  expect(left()).toEqual({ a: 'text' });
});

test('a new folder goes with all that was synced in it, until the folder above is synced', () => {
  const { run, left } = rig();
  run({ type: 'make-folder', path: '/disk/new' }, open('/disk/new/a'), write('/disk/new/a', 0, 'text'));
  run(sync('/disk/new/a'), sync('/disk/new'));
  expect(left()).toEqual({});
  run(sync('/disk'));
  expect(left()).toEqual({ 'new/a': 'text' });
});

test('of what was written and not synced anything may be there', () => {
  const { run, outcomes } = rig();
  run(open('/disk/a'), sync('/disk'), write('/disk/a', 0, 'x'), write('/disk/a', 1, 'y'));
  expect(outcomes()).toEqual([{ a: '' }, { a: '\0y' }, { a: 'x' }, { a: 'xy' }]);
});

test('a write may be torn at every 512 bytes of the file, and only there', () => {
  const { run, outcomes } = rig();
  run(open('/disk/a'), write('/disk/a', 0, 'o'.repeat(1536)), sync('/disk/a'), sync('/disk'));
  run(write('/disk/a', 256, 'n'.repeat(1024)));
  const parts = outcomes().map(({ a = '' }) => [a.slice(256, 512), a.slice(512, 1024), a.slice(1024, 1280)]);
  for (const part of parts.flat()) expect(new Set(part).size).toBe(1);
  expect(parts.map((each) => each.map((part) => part[0]).join('')).sort()).toEqual(
    ['nnn', 'nno', 'non', 'noo', 'onn', 'ono', 'oon', 'ooo'].sort(),
  );
});

test('a sync covers what had returned before it began, and counts once it has returned', () => {
  const { begin, run, left } = rig();
  run(open('/disk/a'), sync('/disk'));
  const written = begin(write('/disk/a', 0, 'early'));
  const synced = begin(sync('/disk/a'));
  written();
  synced();
  expect(left()).toEqual({ a: '' });
  const again = begin(sync('/disk/a'));
  expect(left()).toEqual({ a: '' });
  again();
  expect(left()).toEqual({ a: 'early' });
});

test('a name that was removed or changed may come back with what was synced, until its folder is synced', () => {
  const { run, outcomes, left } = rig();
  run(open('/disk/a'), write('/disk/a', 0, 'old'), sync('/disk/a'), sync('/disk'));
  run({ type: 'remove', path: '/disk/a' }, open('/disk/a'));
  expect(outcomes()).toEqual([{ a: '' }, { a: 'old' }, {}]);
  run({ type: 'rename', path: '/disk/a', to: '/disk/b' });
  expect(left()).toEqual({ a: 'old' });
  run(sync('/disk'));
  expect(left()).toEqual({ b: '' });
});

test('a file that became smaller may be as large as before', () => {
  const { run, outcomes } = rig();
  run(open('/disk/a'), write('/disk/a', 0, 'text'), sync('/disk/a'), sync('/disk'));
  run({ type: 'truncate', path: '/disk/a', size: 2 });
  expect(outcomes()).toEqual([{ a: 'te' }, { a: 'text' }]);
});

test('what the trace does not explain is an error', () => {
  const { run } = rig();
  expect(() => run(sync('/disk/a'))).toThrow('the trace says nothing of how /disk/a came to be');
  run(open('/disk/a'), open('/disk/a-reserve'));
  run({ type: 'write', path: '/disk/a-reserve', size: 8 });
  expect(() => run({ type: 'write', path: '/disk/a', size: 8 })).toThrow('the trace has not all of 8 bytes');
});
