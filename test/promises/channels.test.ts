/** What a channel comes to for its programs: bytes, halves, ends, and the memory of those who do not read. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Channel, PairOptions, PairRequest } from '../../src/features/channels/api.ts';
import { channelLimits } from '../../src/features/channels/core/limits.ts';
import { limits } from '../../src/kernel/limits.ts';
import type { Host } from '../../src/sim/world/machine/host.ts';
import { closeMesh, type SmallMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

const line = { a: [], b: ['a'], c: ['b'] };

/** What a program knows of its end. */
interface Watched {
  readonly channel: Channel;
  readonly bytes: () => Buffer;
  readonly seen: string[];
}

function watched(channel: Channel): Watched {
  const chunks: Buffer[] = [];
  const seen: string[] = [];
  channel.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const event of ['end', 'finish', 'close']) channel.on(event, () => seen.push(event));
  channel.on('error', (error: Error & { code: string }) => seen.push(error.code));
  return { channel, bytes: () => Buffer.concat(chunks), seen };
}

/** A channel from one node to another, and its other end. */
async function paired(
  small: SmallMesh,
  from: string,
  to: string,
  options: PairOptions = {},
): Promise<[Channel, Channel]> {
  const requests = small.node(to).pairs()[Symbol.asyncIterator]();
  const opening = small.node(from).pair(to, options);
  const next = await small.world.resolve(requests.next());
  const other = (next.value as PairRequest).accept();
  return [await small.world.resolve(opening), other];
}

describe('a channel', () => {
  test('is a stream both ways, and each half ends by itself', async () => {
    const small = await smallMesh(line);
    const [near, far] = (await paired(small, 'a', 'c')).map(watched) as [Watched, Watched];
    near.channel.end('question');
    await small.run(1000);
    expect([far.bytes().toString(), far.seen, near.seen]).toEqual(['question', ['end'], ['finish']]);
    far.channel.end('answer');
    await small.run(1000);
    expect(near.bytes().toString()).toBe('answer');
    expect([near.seen, far.seen]).toEqual([
      ['finish', 'end', 'close'],
      ['end', 'finish', 'close'],
    ]);
    expect([near.channel.node, near.channel.protocol, far.channel.node]).toEqual(['c', 'pair', 'a']);
  });

  test('is an async iterable', async () => {
    const small = await smallMesh(line);
    const [near, far] = await paired(small, 'a', 'c');
    near.end(Buffer.alloc(300_000, 7));
    const read = (async () => {
      let count = 0;
      for await (const chunk of far) count += (chunk as Buffer).length;
      return count;
    })();
    // Neither has ended both halves when the nodes close; since Node.js 24 the iterator no longer hears of that.
    for (const end of [near, far]) end.on('error', () => {});
    expect(await small.world.resolve(read)).toBe(300_000);
  });

  test('bytes may be changed once the write is done', async () => {
    const small = await smallMesh(line);
    const [near, far] = (await paired(small, 'a', 'c')).map(watched) as [Watched, Watched];
    const buffer = Buffer.alloc(50_000);
    const writeAll = async (): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        buffer.fill(round);
        await new Promise<void>((resolve) => near.channel.write(buffer, () => resolve()));
      }
      near.channel.end();
    };
    await small.world.resolve(writeAll());
    await small.run(2000);
    const bytes = far.bytes();
    expect(bytes.length).toBe(2_000_000);
    for (let round = 0; round < 40; round++)
      expect(bytes.subarray(round * 50_000, (round + 1) * 50_000).every((byte) => byte === round)).toBe(true);
  });

  test('goes by a direct link, and by the mesh where that is cut', async () => {
    const small = await smallMesh(line);
    const [near, far] = (await paired(small, 'a', 'c')).map(watched) as [Watched, Watched];
    await small.run(1000);
    expect([near.channel.path, far.channel.path]).toEqual(['direct', 'direct']);
    expect((await small.world.resolve(small.node('a').status())).links.map(({ node }) => node)).toEqual([
      'b',
    ]);
    const hosts = ['a', 'c'].map((name) => small.member(name).host);
    const blocks = (from: Host, to: Host) => hosts.includes(from) && hosts.includes(to);
    small.mesh.network.addRule({ name: 'a cut between a and c', blocks });
    near.channel.end(Buffer.alloc(200_000, 1));
    await small.run(10_000);
    expect([near.channel.path, far.bytes().length, far.seen]).toEqual(['mesh', 200_000, ['end']]);
  });
});

describe('a request', () => {
  test('is refused where no program accepts the protocol', async () => {
    const small = await smallMesh(line);
    small.node('c').pairs({ protocol: 'other' });
    const opening = small.node('a').pair('c', { protocol: 'mine' });
    await expect(small.world.resolve(opening)).rejects.toMatchObject({
      code: 'SKEIN_REFUSED',
      message: 'no program at c accepts channels for protocol mine',
    });
  });

  test('is refused by the program, in its own words', async () => {
    const small = await smallMesh(line);
    const requests = small.node('c').pairs()[Symbol.asyncIterator]();
    const opening = small.node('a').pair('c');
    opening.catch(() => undefined);
    const { value } = await small.world.resolve(requests.next());
    value.refuse('not today');
    await expect(small.world.resolve(opening)).rejects.toThrow('not today');
  });

  test('goes to who takes its protocol, else to who takes all others', async () => {
    const small = await smallMesh(line);
    const took: string[] = [];
    for (const protocol of ['one', undefined]) {
      const stream = small.node('c').pairs(protocol === undefined ? {} : { protocol });
      void (async () => {
        for await (const request of stream) {
          took.push(`${protocol ?? 'any'} took ${request.protocol} of ${request.from}`);
          request.refuse();
        }
      })();
    }
    for (const protocol of ['one', 'two'])
      await small.world.resolve(
        small
          .node('a')
          .pair('c', { protocol })
          .catch(() => undefined),
      );
    expect(took).toEqual(['one took one of a', 'any took two of a']);
    expect(() => small.node('c').pairs({ protocol: 'one' })).toThrow('takes protocol one already');
  });

  test('to nobody, to itself, or with bad arguments, is told as such', async () => {
    const small = await smallMesh(line);
    const node = small.node('a');
    await expect(node.pair('a')).rejects.toMatchObject({ code: 'SKEIN_SELF' });
    await expect(small.world.resolve(node.pair('zz'))).rejects.toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    await expect(node.pair('a b')).rejects.toThrow(TypeError);
    await expect(node.pair('c', { protocol: 'a b' })).rejects.toThrow('pair: protocol');
    await expect(node.pair('c', { windowBytes: 1 })).rejects.toThrow(
      'windowBytes is a whole number from 16384',
    );
    await expect(node.pair('c', { wnidow: 1 } as object)).rejects.toThrow('unknown option "wnidow"');
  });

  test('may be given up, and ends at its time', async () => {
    const small = await smallMesh(line);
    const requests = small.node('c').pairs();
    const controller = new AbortController();
    const aborted = small.node('a').pair('c', { signal: controller.signal });
    aborted.catch(() => undefined);
    await small.run(100);
    controller.abort();
    await expect(small.world.resolve(aborted)).rejects.toMatchObject({ code: 'SKEIN_ABORTED' });
    const late = small.node('a').pair('c', { timeoutMs: 500 });
    await expect(small.world.resolve(late)).rejects.toMatchObject({ code: 'SKEIN_TIMEOUT' });
    // Who accepts it all the same has a channel that is over.
    const seen: string[] = [];
    for await (const request of requests) {
      request.accept().on('error', (error: Error & { code: string }) => seen.push(error.code));
      if (seen.push('accepted') === 2) break;
    }
    await small.run(100);
    expect(seen).toEqual(['accepted', 'accepted', 'SKEIN_LOST', 'SKEIN_LOST']);
  });
});

describe('the end of a channel', () => {
  test('its other node leaves: at once', async () => {
    const small = await smallMesh(line);
    const [near] = (await paired(small, 'a', 'c')).map(watched) as [Watched];
    void small.node('c').close();
    await small.run(500);
    expect(near.seen).toEqual(['SKEIN_LOST', 'close']);
  });

  test('its other node dies: once the grace is over', async () => {
    const small = await smallMesh(line);
    const [near] = (await paired(small, 'a', 'c')).map(watched) as [Watched];
    small.mesh.crash(small.member('c'));
    await small.run(limits.routeGraceMs - 500);
    expect(near.seen).toEqual([]);
    await small.run(1500);
    expect(near.seen).toEqual(['SKEIN_LOST', 'close']);
  });

  test('what came before the other half ended is read, also when its node is gone by then', async () => {
    const small = await smallMesh(line);
    const [near, far] = await paired(small, 'a', 'c');
    near.on('error', () => {});
    near.end(Buffer.alloc(100_000, 5));
    await small.world.resolve(once(near, 'finish'));
    void small.node('a').close();
    await small.run(1000);
    const other = watched(far);
    await small.run(100);
    expect([other.bytes().length, other.seen]).toEqual([100_000, ['end', 'SKEIN_LOST', 'close']]);
  });

  test('its program destroys it: the other is told', async () => {
    const small = await smallMesh(line);
    const [near, far] = (await paired(small, 'a', 'c')).map(watched) as [Watched, Watched];
    far.channel.destroy(new Error('out of paper'));
    await small.run(100);
    expect(near.seen).toEqual(['SKEIN_LOST', 'close']);
  });

  test('its own node closes: SKEIN_CLOSED', async () => {
    const small = await smallMesh(line);
    const [near] = (await paired(small, 'a', 'c')).map(watched) as [Watched];
    await small.world.resolve(small.node('a').close());
    expect(near.seen).toEqual(['SKEIN_CLOSED', 'close']);
  });
});

describe('a program that does not read', () => {
  test('holds its window, and the writer as much and a stream’s buffer', async () => {
    const small = await smallMesh(line);
    const [near, far] = await paired(small, 'a', 'c');
    for (const channel of [near, far]) channel.on('error', () => {});
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const writeOn = (): void => {
      for (let ok = true; ok && written < 64 * 1024 * 1024; written += chunk.length) ok = near.write(chunk);
    };
    near.on('drain', writeOn);
    writeOn();
    await small.run(10_000);
    const { waitingBytes } = far.counters;
    expect(waitingBytes).toBe(channelLimits.channelWindowBytes);
    expect(written - waitingBytes).toBeLessThanOrEqual(channelLimits.channelWindowBytes + 2 * chunk.length);
    let read = 0;
    far.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    await small.run(20_000);
    expect(read).toBe(written);
  });
});
