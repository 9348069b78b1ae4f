/** Whatever the benchmark plays with skein alone. */
import { afterAll, expect, test } from 'vitest';
import { clear, load, play } from './bench-play.ts';

const { loadSystems } = await load('matrix.mjs');
afterAll(clear);

test('skein plays everything else with a key, and all of it arrives', async () => {
  const names = [
    ['one-way-128', 'half-load', 'relay', 'acknowledged-count', 'requests-256'],
    ['fan-out-16', 'broadcast-16', 'cold-start', 'heap'],
    ['letters-64', 'letters-1', 'letters-waiting', 'letters-many', 'letters-takeover'],
    ['tasks-100', 'tasks-1', 'tasks-cancel', 'tasks-killed', 'tasks-matching'],
  ];
  const systems = await loadSystems(['skein-tls']);
  const played = await Promise.all(names.map((some) => play(some, systems)));
  expect(played.flatMap(({ failures }) => failures)).toEqual([]);
  const works = played.flatMap(({ results }) => results.map(({ work }) => work));
  expect(new Set(works)).toEqual(new Set(names.flat()));
});
