/** In which order messages arrive, and between which there is none. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { afterEach, describe, expect, test } from 'vitest';
import { kind } from '../../src/features/messaging/api/kind.ts';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';
import { breakLink } from './break-link.ts';
import { closeMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

describe('between two nodes, while the route stays', () => {
  test('messages arrive in the order of their calls, whatever the network does', async () => {
    const network = { loss: 0.1, jitter: 1, fragmentation: 0.5 };
    const small = await smallMesh({ a: [], b: ['a'], c: ['b'] }, { network });
    const got = small.collect('c');
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    await small.world.resolve(Promise.all(numbers.map((i) => small.node('a').send('c', i))));
    expect(got).toEqual(numbers);
  });

  test('posts and sends keep one common order', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const sends: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i += 2) {
      sends.push(small.node('a').send('b', i));
      // A send leaves its call once its body has been made ready.
      await Promise.resolve();
      expect(small.node('a').post('b', i + 1)).toBe(true);
    }
    await small.world.resolve(Promise.all(sends));
    expect(got).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test('kinds do not matter to the order', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const sends = Array.from({ length: 30 }, (_, i) => small.node('a').send('b', i, { kind: `k${i % 3}` }));
    await small.world.resolve(Promise.all(sends));
    expect(got).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  test('a schema that takes longer for one message than for the next does not change the order', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const answers: (() => void)[] = [];
    const slow: StandardSchemaV1<unknown, unknown> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          value === 'first'
            ? new Promise((resolve) => answers.push(() => resolve({ value })))
            : Promise.resolve({ value }),
      },
    };
    const got: unknown[] = [];
    small.node('b').handle(({ body }) => void got.push(body), { kind: kind('k', slow) });
    await small.send('a', 'b', 'first', { kind: 'k' });
    await small.send('a', 'b', 'second', { kind: 'k' });
    await small.run(10);
    expect(got).toEqual([]);
    answers[0]?.();
    await small.run(10);
    expect(got).toEqual(['first', 'second']);
  });
});

describe('there is no order', () => {
  test('between a body above 256 KiB and smaller ones sent after it', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const { length } = new Uint8Array(messagingLimits.partBytes * (messagingLimits.partsInFlight + 2));
    const large = small.node('a').send('b', new Uint8Array(length));
    await small.send('a', 'b', 'small');
    await small.world.resolve(large);
    expect(got.map((body) => (body === 'small' ? body : 'large'))).toEqual(['small', 'large']);
  });

  test('between messages before and after a link on the way has died: the repeat comes later', () => {
    const mesh = new TestMesh();
    const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    mesh.chain('b', 'd', 'c');
    c.listen();
    b.pipeTo(c).stuck = true;
    a.send([c], 'first');
    mesh.run(10);
    breakLink(b, c);
    mesh.run(50);
    a.send([c], 'second');
    mesh.run(5000);
    expect(c.arrivals.map(({ body }) => new TextDecoder().decode(body))).toEqual(['second', 'first']);
  });

  test('between messages of two sources', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['b'] });
    const got = small.collect('a');
    const far = small.node('c').send('a', 'far, first');
    await small.world.resolve(Promise.all([far, small.node('b').send('a', 'near, second')]));
    expect(got).toEqual(['near, second', 'far, first']);
  });
});
