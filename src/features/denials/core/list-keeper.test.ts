import { beforeEach, describe, expect, test } from 'vitest';
import type { Denial } from './denial.ts';
import { denialsIn, textOf } from './list-file.ts';
import { ListKeeper } from './list-keeper.ts';

const denial: Denial = { name: 'b', identity: '', version: 1, isDenied: true, since: 5, by: 'a' };
const other: Denial = { ...denial, name: 'c' };

let text: string | undefined;
let writes: number;
let reports: string[];
let failure: Error | undefined;
const report = (said: string): void => void reports.push(said);

function keeper(): ListKeeper {
  return new ListKeeper({
    path: '/state/denied.json',
    read: () => text,
    write(given) {
      if (failure !== undefined) throw failure;
      writes++;
      text = given;
    },
  });
}

beforeEach(() => {
  [text, failure] = [undefined, undefined];
  writes = 0;
  reports = [];
});

describe('the file of a machine', () => {
  test('has what was kept', () => {
    keeper().save([denial, other], report);
    expect(keeper().load(report)).toEqual([denial, other]);
    expect(reports).toEqual([]);
  });

  test('keeps what another node of the machine has written, and says what that was', () => {
    const ours = keeper();
    ours.load(report);
    keeper().save([other], report);
    expect(ours.save([denial], report)).toEqual([other]);
    expect(denialsIn(text as string)).toEqual([other, denial]);
  });

  test('is not written where nothing has changed', () => {
    keeper().save([denial], report);
    keeper().save([denial], report);
    expect(writes).toBe(1);
  });

  test.each(['', '{', 'null', '[]', '{"version":2,"denials":[]}', '{"version":1,"denials":[{"name":"b"}]}'])(
    'that holds %j is named, and left as it is',
    (given) => {
      text = given;
      const ours = keeper();
      expect(ours.load(report)).toEqual([]);
      expect(reports[0]).toContain('/state/denied.json');
      expect(ours.save([denial], report)).toBeUndefined();
      expect(text).toBe(given);
    },
  );

  test('that cannot be written is named, and tried again at the next change', () => {
    const ours = keeper();
    failure = new Error('ENOSPC: no space left on device');
    expect(ours.save([denial], report)).toBeUndefined();
    expect(reports[0]).toContain('no space left');
    failure = undefined;
    ours.save([denial], report);
    expect(denialsIn(text as string)).toEqual([denial]);
  });

  test('holds the largest list within its size', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({
      name: `${i}`.padEnd(64, 'n'),
      identity: 'a'.repeat(32),
      version: Number.MAX_SAFE_INTEGER,
      isDenied: i % 2 === 0,
      since: 8.64e15,
      by: 'b'.repeat(64),
    }));
    expect(textOf(many).length).toBeLessThan(1024 * 1024);
    expect(denialsIn(textOf(many))).toEqual(many);
  });
});
