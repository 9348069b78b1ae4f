/**
 * Canaries: what skein's speed owes to the inside of V8 and Node.js, with and without it, each in a process of its
 * own. A version of either that changes it breaks nothing else, it only makes skein slow or large; here that is a
 * failure that says which figure is at stake. Counts, never times. The last test of a group fails when the trick is
 * no longer needed.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import type { Collections } from './collections.ts';
import { clear, run } from './programs.ts';

// What takes seconds takes half a minute on a machine that is loaded.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });
afterAll(clear);

const needless =
  'V8 or Node.js does by itself now what this trick is for: measure without it, and take it out.';

describe('filling the young space while pieces of a channel come in', () => {
  const stake =
    'The README\'s "a channel, 64 KiB writes, to raw TLS" is at stake: received pieces are freed by full collections' +
    ' again, a third of the processor time. Look at young-space.ts: what fills the young space of this V8?';

  test('512 MB received by a channel take next to no full collections', async () => {
    const { full } = await run<Collections>('channel', 'receiver', MeshKey.make().text);
    expect(full, stake).toBeLessThanOrEqual(6);
  });

  test('20,000 pieces with the young space filled take many young collections and next to no full ones', async () => {
    const { young, full } = await run<Collections>('pieces', 'filled');
    expect(young, stake).toBeGreaterThan(80);
    expect(full, stake).toBeLessThanOrEqual(6);
  });

  test('20,000 pieces with the young space left alone take few young collections', async () => {
    const { young } = await run<Collections>('pieces', 'left');
    expect(young, needless).toBeLessThan(80);
  });
});

describe('one buffer for what all sockets read', () => {
  type Figures = Record<string, { readonly allocatedBytes: number; readonly memories: number }>;
  const ends = ['TCP accepted', 'TCP dialed', 'TLS accepted', 'TLS dialed'];
  const stake =
    'The README\'s "64 KiB bodies" and "one-way with a key" are at stake: each read takes memory of its own again.' +
    ' Look at read-buffer.ts: has a socket of this Node.js kBuffer, kBufferCb and _handle.useUserBuffer?';
  let figures: Figures;
  beforeAll(async () => {
    figures = await run<Figures>('reads');
  });

  test.each(ends)('%s: 16 MB are read in one memory and take no new one', (end) => {
    const { allocatedBytes, memories } = figures[`${end} shared`] as Figures[string];
    expect(memories, stake).toBe(1);
    expect(allocatedBytes, stake).toBeLessThan(1e6);
  });

  test.each(ends)('%s: read as plain data events the same bytes take new memory', (end) => {
    const { allocatedBytes, memories } = figures[`${end} plain`] as Figures[string];
    expect(memories, needless).toBeGreaterThan(1);
    expect(allocatedBytes, needless).toBeGreaterThan(8e6);
  });
});

describe('memory for large frames that is not cleared', () => {
  type Figures = Record<'allocate' | 'plain', { readonly uncleared: number; readonly larger: number }>;
  const stake =
    'The README\'s "64 KiB bodies" is at stake: 64 KiB are cleared only to be written over, an eighth of a' +
    " receiver's time. Look at `allocate` in driver.ts: does Buffer.allocUnsafeSlow of this Node.js clear?";
  let figures: Figures;
  beforeAll(async () => {
    figures = await run<Figures>('memory');
  });

  test('what the driver allocates still holds what was there before', () => {
    expect(figures.allocate.uncleared, stake).toBeGreaterThan(0);
  });

  test('what the driver allocates is no larger than asked for', async () => {
    const larger =
      'A kept body of 64 KiB would hold more memory than its own: look at `allocate` in driver.ts.';
    expect(figures.allocate.larger, larger).toBe(0);
  });

  test('a plain array is cleared', () => {
    expect(figures.plain.uncleared, needless).toBe(0);
  });
});

describe('rings in place of maps for what comes and goes by the thousand', () => {
  const stake =
    'The README\'s "acknowledged end to end, 1,000 in flight" and "requests, 256 in flight" are at stake: what is' +
    ' kept for each survives young collections. Look at numbered.ts: does what a ring of this V8 held outlive it?';

  test('three million things that come and go in a ring take next to no full collections', async () => {
    const { full } = await run<Collections>('ring');
    expect(full, stake).toBeLessThanOrEqual(4);
  });

  test('in a map the same things take many full collections', async () => {
    const { full } = await run<Collections>('ring', 'map');
    expect(full, needless).toBeGreaterThan(6);
  });
});

describe('the certificate is made by a thread of its own', () => {
  interface Heap {
    readonly youngBytes: number;
    readonly heapBytes: number;
  }
  const stake =
    'The README\'s "idle RSS" with a key is at stake: the library lies in the heap of the node, whose young space' +
    ' has grown. Look at certificate.ts: could no thread be had, so that it was made here without a word?';

  test('the heap of a node with a key is some megabytes smaller than with the certificate made in it', async () => {
    const [thread, here] = [await run<Heap>('certificate'), await run<Heap>('certificate', 'here')];
    expect(here.heapBytes - thread.heapBytes, stake).toBeGreaterThan(4e6);
    expect(here.youngBytes, stake).toBeGreaterThan(thread.youngBytes);
  });
});
