import { expect, test } from 'vitest';
import { History } from './history.ts';
import { storyOf } from './story.ts';

test('the story of a moment has what was done to these members and what they told, in order, and nothing else', () => {
  const history = new History();
  const at = history.startedMs + 100_000;
  const life = history.begin('m1', 2, 0, at - 50_000);
  life.readyMs = at - 20_000;
  life.stops.push({ fromMs: at - 10_000, toMs: at - 5000 });
  life.ownEnds.push({ fromMs: at - 60_000, toMs: at - 55_000 });
  life.links.set('m2', [
    { node: 'm2', up: true, reason: '', atMs: at - 19_000 },
    { node: 'm2', up: false, reason: 'silent', atMs: at - 100 },
  ]);
  life.links.set('m3', [{ node: 'm3', up: true, reason: '', atMs: at - 1000 }]);
  expect(storyOf(history, ['m1', 'm2'], at)).toEqual([
    '  80.00 s m1/2 ready',
    '  81.00 s m1/2 link to m2 up',
    '  90.00 s m1/2 stopped until 95.00 s',
    '  99.90 s m1/2 link to m2 down (silent)',
  ]);
});
