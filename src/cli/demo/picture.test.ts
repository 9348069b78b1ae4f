import { expect, test } from 'vitest';
import { drawScene } from './picture.ts';

test('what is told is broken at the width of the terminal, between words, and nothing is cut off', () => {
  const told = ['e killed; traffic around it after 52 ms, by a -> b -> c (2 hops); 1 sent meanwhile'];
  const scene = { names: ['a'], lost: undefined, topology: {}, traffic: undefined, told };
  const lines = drawScene({ ...scene, size: { columns: 40, rows: 24 } }).split('\n');
  expect(lines.slice(-3)).toEqual([
    'e killed; traffic around it after 52 ms,',
    '    by a -> b -> c (2 hops); 1 sent',
    '    meanwhile',
  ]);
  for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(40);
});
