/** `ordered`: the letters of each author one after the other, also where handlers take their time and fail. */
import { expect, test } from 'vitest';
import { createTestMesh } from '../../src/testing/index.ts';

const letters = [
  ['ann', 'a1'],
  ['ann', 'a2'],
  ['cat', 'c1'],
  ['ann', 'a3'],
  ['cat', 'c2'],
] as const;

/** In which order handlers began and ended. Each takes 100 ms, and the first attempt at a1 fails. */
async function handledBy(options: { ordered?: boolean }): Promise<string[]> {
  await using mesh = await createTestMesh(['ann', 'ben', 'cat']);
  for (const [from, body] of letters) await mesh.run(mesh.node(from).letters.send('ben', body));
  const steps: string[] = [];
  const atWork: (() => void)[] = [];
  mesh.node('ben').letters.handle(async ({ body, attempt }) => {
    steps.push(`${body} begins`);
    await new Promise<void>((resolve) => atWork.push(resolve));
    const isFailure = body === 'a1' && attempt === 1;
    steps.push(`${body} ${isFailure ? 'fails' : 'ends'}`);
    if (isFailure) throw new Error('as planned');
  }, options);
  const endAll = async (): Promise<void> => {
    await mesh.pass(100);
    for (const end of atWork.splice(0)) end();
  };
  while (steps.filter((step) => step.endsWith(' ends')).length < letters.length) await endAll();
  return steps;
}

const of = (author: string, steps: readonly string[]) => steps.filter((step) => step.startsWith(author));

test('with ordered no letter is begun before the one before it of its author has been handled', async () => {
  const steps = await handledBy({ ordered: true });
  expect(of('a', steps)).toEqual([
    'a1 begins',
    'a1 fails',
    'a1 begins',
    'a1 ends',
    'a2 begins',
    'a2 ends',
    'a3 begins',
    'a3 ends',
  ]);
  expect(of('c', steps)).toEqual(['c1 begins', 'c1 ends', 'c2 begins', 'c2 ends']);
  // Those of another author do not wait for it.
  expect(steps.indexOf('c2 ends')).toBeLessThan(steps.lastIndexOf('a1 begins'));
});

test('without it letters of one author are at work at the same time, begun in their order', async () => {
  const steps = await handledBy({});
  expect(steps.slice(0, 5).sort()).toEqual(['a1 begins', 'a2 begins', 'a3 begins', 'c1 begins', 'c2 begins']);
  expect(of('a', steps).slice(0, 3)).toEqual(['a1 begins', 'a2 begins', 'a3 begins']);
  expect(steps.at(-1)).toBe('a1 ends');
});
