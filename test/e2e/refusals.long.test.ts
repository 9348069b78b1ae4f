/** A key that is changed on one of two machines, as real `skein` processes. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Site } from './helpers.ts';
import { copyKeys, expectTogether, linksAt, logOf, members, namesAt, soon, why } from './keyed-sites.ts';

let one: Site;
let two: Site;

beforeEach(async () => {
  one = await Site.open();
  two = await Site.open(one);
});
afterEach(() => Promise.all([one, two].map((site) => site.close())));

describe('a key that is changed', () => {
  test('on one machine only parts the two, and adding it to the other joins them again, without a restart', async () => {
    const { a, b, old } = await members(one, two);
    await one.must('key', 'new', '--beside');
    const fresh = (await one.json<{ keys: { id: string }[] }>('key', 'show')).keys[1]?.id as string;
    await one.must('key', 'use', fresh);
    expect(await namesAt(two)).toEqual(['a', 'b']);
    await one.must('key', 'rm', old);
    await vi.waitFor(async () => {
      expect([await linksAt(one), await linksAt(two)]).toEqual([0, 0]);
      expect(await why(two)).toContain('has another mesh key; compare both with: skein key show');
    }, soon);
    await copyKeys(one, two);
    await two.must('key', 'use', fresh);
    await expectTogether(two);
    expect(await one.must('status')).toContain(`members with key ${fresh}`);
    expect(await logOf(two, b)).toContain('link to a ended');
    expect(await logOf(one, a)).toContain('the key that it was proven with was removed');
  });
});
