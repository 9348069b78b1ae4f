/** What a receipt says and what it does not: the application's queue there has the message, no more. */
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { kind } from '../../src/features/messaging/api/kind.ts';
import { closeMesh, smallMesh, undelivered } from './small-mesh.ts';

afterEach(closeMesh);

const pair = { a: [], b: ['a'] };

describe('a receipt', () => {
  test('comes while nobody listens yet: the message waits for who will', async () => {
    const small = await smallMesh(pair);
    expect((await small.send('a', 'b', 'hi')).delivered).toEqual(['b']);
    const got = small.collect('b');
    await small.run(10);
    expect(got).toEqual(['hi']);
  });

  test('comes before the handler is done', async () => {
    const small = await smallMesh(pair);
    const never = new Promise(() => {});
    small.node('b').handle(() => never);
    expect((await small.send('a', 'b', 'hi')).delivered).toEqual(['b']);
  });

  test('does not say that the program ever read it: a crash of the recipient loses its queue', async () => {
    const small = await smallMesh(pair);
    expect((await small.send('a', 'b', 'hi')).delivered).toEqual(['b']);
    small.crash('b');
    small.restart('b');
    const got = small.collect('b');
    await small.whole();
    await small.run(60_000);
    expect(got).toEqual([]);
  });

  test('does not say that the recipient could use it: its own schema may drop it, with a warning there', async () => {
    const small = await smallMesh(pair);
    const warned = small.told('b', 'warning');
    const got: unknown[] = [];
    const job = kind('job', v.object({ frames: v.number() }));
    small.node('b').handle(({ body }) => void got.push(body), { kind: job });
    const sent = await small.send('a', 'b', { frames: 'three' }, { kind: 'job' });
    await small.run(10);
    expect([sent.delivered, got]).toEqual([['b'], []]);
    expect(warned).toMatchObject([{ code: 'body' }]);
  });

  test('does not say that the handler went well: what it throws is a warning there, and nothing is repeated', async () => {
    const small = await smallMesh(pair);
    const warned = small.told('b', 'warning');
    let calls = 0;
    small.node('b').handle(() => {
      calls++;
      throw new Error('no');
    });
    expect((await small.send('a', 'b', 'hi')).delivered).toEqual(['b']);
    await small.run(60_000);
    expect([calls, warned]).toMatchObject([1, [{ code: 'handler' }]]);
  });
});

test('a body that does not fit its kind is SKEIN_INVALID, one that cannot be written a TypeError, before anything leaves', async () => {
  const small = await smallMesh(pair);
  const got = small.collect('b');
  const job = kind('job', v.object({ frames: v.number() }));
  const wrong = small.node('a').send('b', { frames: 'three' } as never, { kind: job });
  await expect(small.world.resolve(wrong)).rejects.toMatchObject({ code: 'SKEIN_INVALID', retryable: false });
  await expect(small.send('a', 'b', () => {})).rejects.toThrow(TypeError);
  await small.run(1000);
  expect(got).toEqual([]);
});

describe('require', () => {
  const nobody = ['nobody', 'no-route'] as [string, string];

  test('all, the default, rejects when one is missing, and says who has it', async () => {
    const small = await smallMesh(pair);
    const sending = small.send('a', ['b', 'nobody'], 'hi');
    await expect(sending).rejects.toEqual(undelivered(nobody));
    await expect(sending).rejects.toMatchObject({ retryable: true, details: { delivered: ['b'] } });
  });

  test('any resolves with one, and rejects with none', async () => {
    const small = await smallMesh(pair);
    const some = await small.send('a', ['b', 'nobody'], 'hi', { require: 'any' });
    expect(some).toMatchObject({ delivered: ['b'], missing: [{ node: 'nobody' }] });
    await expect(small.send('a', 'nobody', 'hi', { require: 'any' })).rejects.toEqual(undelivered(nobody));
  });

  test('none always resolves, and still tells who has it', async () => {
    const small = await smallMesh(pair);
    const result = await small.send('a', ['b', 'nobody'], 'hi', { require: 'none' });
    expect(result).toMatchObject({ delivered: ['b'], missing: [{ node: 'nobody', reason: 'no-route' }] });
  });
});

describe('receipt', () => {
  test('count gives numbers and no names', async () => {
    const small = await smallMesh(pair);
    const options = { receipt: 'count', require: 'none' } as const;
    const result = await small.send('a', ['b', 'nobody'], 'hi', options);
    expect(result).toMatchObject({ delivered: [], missing: [], deliveredCount: 1, missingCount: 1 });
  });

  test('none resolves at once and knows nothing, but for whom it could not even leave to', async () => {
    const small = await smallMesh(pair);
    const before = small.world.now;
    const result = await small.send('a', ['b', 'nobody'], 'hi', { receipt: 'none' });
    expect(small.world.now).toBe(before);
    expect(result).toMatchObject({ delivered: [], missing: [{ node: 'nobody', reason: 'no-route' }] });
  });

  test('none is never repeated: what a fault takes is lost', async () => {
    const small = await smallMesh(pair);
    const got = small.collect('b');
    await small.send('a', 'b', 'lost', { receipt: 'none' });
    small.crash('b');
    small.restart('b');
    const again = small.collect('b');
    await small.run(60_000);
    expect([got, again]).toEqual([[], []]);
  });
});
