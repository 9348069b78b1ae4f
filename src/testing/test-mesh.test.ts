import { describe, expect, test } from 'vitest';
import { createTestMesh } from './test-mesh.ts';

test('nodes know each other at once, and the same seed gives the same run', async () => {
  const times = [];
  for (const seed of [4, 4, 5]) {
    await using mesh = await createTestMesh(['a', 'b', 'c'], { seed, lossPercent: 5 });
    expect(mesh.nodes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    times.push(mesh.now);
  }
  expect(times[0]).toBe(times[1]);
  expect(times[0]).not.toBe(times[2]);
});

test('what waits for the mesh runs in virtual time', async () => {
  await using mesh = await createTestMesh(['a', 'b']);
  const got: unknown[] = [];
  mesh.node('b').handle((message) => void got.push(message.body));
  const { delivered } = await mesh.run(mesh.node('a').send('b', 'hello'));
  expect([delivered, got]).toEqual([['b'], ['hello']]);
  const before = mesh.now;
  await mesh.pass(3_600_000);
  expect(mesh.now - before).toBe(3_600_000);
});

test('a crash, a pause and a separation are what they are to real nodes', async () => {
  await using mesh = await createTestMesh(['a', 'b', 'c']);
  const lost: string[] = [];
  mesh.node('a').events.addEventListener('node:down', ({ detail }) => lost.push(detail.name));
  mesh.pause('b');
  await mesh.pass(2000);
  mesh.resume('b');
  await mesh.pass(5000);
  expect(lost).toEqual([]);
  mesh.crash('b');
  await mesh.until(() => lost.length === 1, 1000);
  const heal = mesh.separate(['c']);
  await mesh.until(() => lost.length === 2, 10_000);
  heal();
  await mesh.start('b');
  expect(lost).toEqual(['b', 'c']);
});

test('a node that its program has closed is no longer one of the mesh, and can be started again', async () => {
  await using mesh = await createTestMesh(['a', 'b']);
  await mesh.run(mesh.node('b').close());
  expect(mesh.nodes.map(({ name }) => name)).toEqual(['a']);
  await mesh.untilAllKnowAll();
  const { instance } = await mesh.start('b');
  expect(mesh.node('b').instance).toBe(instance);
});

describe('bad input', () => {
  test('names of nobody, and of somebody twice, are told', async () => {
    await using mesh = await createTestMesh(['a']);
    expect(() => mesh.node('b')).toThrow('there is no node called b; nodes of this mesh: a');
    await expect(mesh.start('a')).rejects.toThrow('a node called a runs already');
    mesh.crash('a');
    expect(() => mesh.node('a')).toThrow('a does not run');
  });

  test.each<[string, unknown, unknown, string]>([
    ['a name that no node may have', ['a b'], {}, 'a name has 1 to 64 of'],
    ['names that are no list', 'ab', {}, 'createTestMesh: names are a list, got "ab"'],
    ['too much loss', ['a'], { lossPercent: 200 }, 'lossPercent is a number from 0 to 50, got 200'],
    ['a delay that is none', ['a'], { latencyMs: '1' }, 'latencyMs is a number from 0 to 1000, got "1"'],
    [
      'an unknown option',
      ['a'],
      { foo: 2 },
      'createTestMesh: unknown option "foo"; accepted are seed, degree',
    ],
    ['a degree below 0', ['a'], { degree: -1 }, 'degree is a whole number from 0'],
    ['a seed that is none', ['a'], { seed: 1.5 }, 'seed is a whole number from 0'],
  ])('%s is a TypeError', async (_what, names, options, text) => {
    const made = createTestMesh(names as string[], options as object);
    await expect(made).rejects.toThrow(TypeError);
    await expect(made).rejects.toThrow(text);
  });

  test('options of a node are checked too', async () => {
    await using mesh = await createTestMesh(['a']);
    await expect(mesh.start('b', { grade: 2 } as object)).rejects.toThrow('start: unknown option "grade"');
    const behaviors = [] as unknown as () => [];
    await expect(mesh.start('b', { behaviors })).rejects.toThrow('behaviors is a function');
  });

  test('the slowest links that are accepted carry a mesh', async () => {
    await using mesh = await createTestMesh(['a', 'b'], { latencyMs: 1000 });
    expect(mesh.nodes).toHaveLength(2);
  });

  test('what never settles, or never holds, ends at its limit', async () => {
    await using mesh = await createTestMesh(['a']);
    await expect(mesh.run(() => new Promise(() => {}), 500)).rejects.toThrow('within 500 ms of virtual time');
    await expect(mesh.until(() => false, 500)).rejects.toThrow('within 500 ms of virtual time');
  });
});

test('a world of its own has neither keys nor interfaces that could be why somebody is missing', async () => {
  const mesh = await createTestMesh(['ann', 'ben']);
  const { findings } = await mesh.run(mesh.node('ann').explain('zoe'));
  expect(findings.map(({ code }) => code)).toEqual(['unheard']);
  await mesh.close();
});
