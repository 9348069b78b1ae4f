import { expect, test } from 'vitest';
import { chooseJourney, linkCount } from './journey.ts';
import { drawScene } from './picture.ts';

const ring = { a: ['b', 'e'], b: ['a', 'c'], c: ['b', 'd'], d: ['c', 'e'], e: ['a', 'd'] };

test('the journey goes to a far node that has two ways', () => {
  expect(chooseJourney(ring)).toMatchObject({ from: 'a', to: 'c', hasDetour: true });
});

test('a pair with a detour is preferred to a farther one without', () => {
  const tail = { ...ring, e: ['a', 'd', 'f'], f: ['e'] };
  expect(chooseJourney(tail)).toMatchObject({ hasDetour: true });
  expect(chooseJourney({ a: ['b'], b: ['a', 'c'], c: ['b'] })).toMatchObject({
    from: 'a',
    to: 'c',
    hasDetour: false,
  });
});

test('where everybody is everybody neighbor there is no journey', () => {
  expect(chooseJourney({ a: ['b', 'c'], b: ['a', 'c'], c: ['a', 'b'] })).toBeUndefined();
  expect(linkCount(ring)).toBe(5);
});

test('the picture fits the terminal and says who is down', () => {
  const scene = {
    names: ['a', 'b', 'c', 'd', 'e'],
    lost: 'b',
    topology: { a: ['e'], c: ['d'], d: ['c', 'e'], e: ['a', 'd'] },
    traffic: {
      source: 'a',
      destination: 'c',
      sent: 7,
      delivered: 6,
      missing: 0,
      route: ['a', 'e', 'd', 'c'],
    },
    told: Array.from({ length: 50 }, (_, i) => `told ${i}`),
    size: { columns: 40, rows: 20 },
  };
  const lines = drawScene(scene).replace('\u001b[H\u001b[J', '').split('\n');
  expect(lines.length).toBeLessThan(20);
  expect(lines.every((line) => line.length <= 40)).toBe(true);
  expect(lines).toContain('b     down   -');
  expect(lines).toContain('e     up     a d        relays');
  expect(lines.at(-1)).toBe('told 49');
});
