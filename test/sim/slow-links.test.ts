/** Large bodies over links that carry little: they take their time, and arrive. */
import { expect, test } from 'vitest';
import { Mesh, World } from '../../src/sim/index.ts';

const bodyBytes = 3 * 1024 * 1024;

test.each([60_000, 250_000, 1_000_000])(
  'a body of 3 MiB passes a link of %i bytes/s about once',
  async (bytesPerSecond) => {
    const world = new World({ seed: 1 });
    const mesh = new Mesh(world, { degree: 1, network: { latencyMs: 5, bytesPerSecond } });
    const [a, b] = ['a', 'b'].map((name) => mesh.start(mesh.add({ name })));
    await world.runUntil(() => a?.knows.has('b') === true && b?.knows.has('a') === true, 10_000);
    const before = mesh.network.traffic.streamBytes;
    const stream = b?.node.messages()[Symbol.asyncIterator]();
    const sent = a?.node.send('b', new Uint8Array(bodyBytes), { timeoutMs: 30_000 });
    const limitMs = (bodyBytes / bytesPerSecond) * 2000 + 10_000;
    expect(await world.resolve(sent as NonNullable<typeof sent>, limitMs)).toMatchObject({
      delivered: ['b'],
    });
    expect((await stream?.next())?.value?.body).toHaveLength(bodyBytes);
    expect((mesh.network.traffic.streamBytes - before) / bodyBytes).toBeLessThan(1.35);
  },
);
