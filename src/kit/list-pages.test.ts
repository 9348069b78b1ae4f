import { describe, expect, test } from 'vitest';
import { allPages, ListPages, type PageEnd } from './list-pages.ts';

const behind = (text: string) => `list: a list that does not get on was answered: ${text}`;

describe('a list in pages', () => {
  test.each<[string, readonly string[], PageEnd<string>, string]>([
    ['brings what was there before', ['m'], { isMore: true }, '"m" behind "m"'],
    ['brings what lies before it', ['a'], { isMore: false }, '"a" behind "m"'],
    ['is out of order', ['o', 'n'], { isMore: true }, '"n" behind "o"'],
    ['brings something twice', ['n', 'n'], { isMore: true }, '"n" behind "n"'],
    [
      'says that there is more, and brings nothing',
      [],
      { isMore: true },
      'there is more behind "m", and nothing of it',
    ],
    ['ends before what it brings', ['p'], { isMore: true, end: 'o' }, '"o" behind "p"'],
    ['ends where it began', [], { isMore: true, end: 'm' }, 'there is more behind "m", and nothing of it'],
  ])('refuses a page that %s', (_what, places, end, problem) => {
    const pages = new ListPages<string>({ what: 'list', begin: '' });
    expect(pages.take(['b', 'm'], { isMore: true })).toBe(true);
    expect(() => pages.take(places, end)).toThrow(behind(problem));
  });

  test('goes on behind what a page brought, or where it ended', () => {
    const pages = new ListPages<number>({ what: 'list', begin: 0 });
    expect([pages.take([1, 5], { isMore: true }), pages.place]).toEqual([true, 5]);
    expect([pages.take([], { isMore: true, end: 9 }), pages.place]).toEqual([true, 9]);
    expect([pages.take([10], { isMore: true, end: 12 }), pages.place]).toEqual([true, 12]);
    expect([pages.take([], { isMore: false, end: 12 }), pages.place]).toEqual([false, 12]);
  });

  test('that goes back brings each page in the order of the list', () => {
    const pages = new ListPages({ what: 'list', begin: Number.POSITIVE_INFINITY, isBackward: true });
    expect([pages.take([7, 9], { isMore: true, end: 7 }), pages.place]).toEqual([true, 7]);
    expect(() => pages.take([8], { isMore: false })).toThrow(behind('8 behind 7'));
    expect(() => pages.take([2, 1], { isMore: true })).toThrow(behind('2 behind 1'));
  });

  test('whose pages bring nothing ends after 100,000 of them in a row', () => {
    const pages = new ListPages<number>({ what: 'list', begin: 0 });
    const empty = () => pages.take([], { isMore: true, end: pages.place + 1 });
    for (let i = 0; i < 100_000; i++) empty();
    pages.take([pages.place + 1], { isMore: true });
    for (let i = 0; i < 100_000; i++) empty();
    expect(empty).toThrow(behind('100000 pages without anything'));
  });

  test('ends where names are invented without end', async () => {
    const ask = async (after: number) => ({
      items: Array.from({ length: 100_000 }, (_, i) => after + i + 1),
      isMore: true,
    });
    await expect(allPages({ what: 'list', begin: 0, placeOf: (item: number) => item }, ask)).rejects.toThrow(
      'list: more than 1000000 items were answered',
    );
  });
});
