/** What a handler throws that cannot be printed: the caller hears of it at once, and the node goes on. */
import { afterEach, expect, test } from 'vitest';
import { closeMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

const trap = (): never => {
  throw new Error('trap');
};
const values: readonly (readonly [string, unknown])[] = [
  ['an object without a prototype', Object.create(null)],
  [
    'one whose message throws',
    {
      get message() {
        return trap();
      },
    },
  ],
  ['one whose toString throws', { toString: trap }],
];

test('fail for their callers at once, and the node goes on', async () => {
  for (const [, value] of values) await failing(value);
});

async function failing(value: unknown): Promise<void> {
  const mesh = await smallMesh({ a: [], b: ['a'] });
  const [a, b] = [mesh.node('a'), mesh.node('b')];
  const warnings: string[] = [];
  b.events.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
  const fail = () => {
    throw value;
  };
  b.respond('now', fail);
  b.respond('later', async () => fail());
  b.handle(fail);
  await mesh.world.resolve(a.ready({ services: ['now', 'later'] }));
  for (const service of ['now', 'later']) {
    const asked = a.request(service, 1, { timeoutMs: 3000 }).then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    );
    expect(await mesh.world.resolve(asked)).toBe('SKEIN_FAILED');
  }
  const sent = await mesh.world.resolve(a.send('b', 1));
  expect(sent.delivered).toEqual(['b']);
  expect(warnings).toEqual(['handler']);
  closeMesh();
}
