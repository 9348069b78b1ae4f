/** Whatever the faults: what a send calls delivered was taken once, and what it calls undelivered was not. */
import { describe, expect, test } from 'vitest';
import { featureNumber } from '../../src/kernel/identity.ts';
import { Frame } from '../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';
import { breakLink } from './break-link.ts';

const messaging = featureNumber('messaging');
const undelivered = new Set(['no-route', 'busy', 'refused']);

/** Takes messages and receipts out of a chunk at random; the handshake's preface is no frame. */
function lossy(mesh: TestMesh, share: number): TestMesh['tamper'] {
  return (bytes) => {
    if (bytes[0] === 0xf5) return bytes;
    const kept: Uint8Array[] = [];
    const frame = new Frame();
    new FrameSplitter({
      frame(chunk, start, end) {
        const mayGo = frame.read(chunk, start, end) && frame.feature === messaging;
        if (!mayGo || mesh.random.next() >= share) kept.push(chunk.slice(start, end));
        return true;
      },
    }).push(bytes);
    return Buffer.concat(kept);
  };
}

/** a reaches d by b and by c, whose links break and come back; d has little room and makes some now and then. */
function storm(seed: number) {
  const mesh = new TestMesh(seed);
  const [a, b, d] = mesh.chain('a', 'b', 'd') as [TestNode, TestNode, TestNode];
  const [, c] = mesh.chain('a', 'c', 'd') as [TestNode, TestNode];
  mesh.run(1000);
  mesh.delay = () => mesh.random.next() * 40;
  mesh.tamper = lossy(mesh, 0.2);
  d.listen(2);
  const pairs = [
    [a, b],
    [b, d],
    [a, c],
    [c, d],
  ] as const;
  const tokens = new Map<number, string>();
  for (let i = 0; i < 120; i++) {
    const [one, other] = pairs[mesh.random.below(pairs.length)] as (typeof pairs)[number];
    const linked = one.neighborNames().includes(other.name);
    if (linked && mesh.random.next() < 0.1) breakLink(one, other);
    else if (!linked && mesh.random.next() < 0.3) one.dial(other.name);
    if (mesh.random.next() < 0.3)
      d.command('messaging', 'consumed', { consumer: 1, count: 2, byteLength: 0 });
    tokens.set(a.send([d], String(i), { timeoutMs: 2000 + mesh.random.below(6000) }), String(i));
    mesh.run(mesh.random.below(100));
  }
  mesh.tamper = (bytes) => bytes;
  mesh.run(20_000);
  d.command('messaging', 'consumed', { consumer: 1, count: 1000, byteLength: 0 });
  mesh.run(10_000);
  return { a, d, tokens };
}

describe('under lost frames, breaking links and a queue that is full again and again', () => {
  test('delivered means taken once; no-route, busy and refused mean not taken', () => {
    const seen = { delivered: 0, undelivered: 0, unknown: 0 };
    for (let seed = 1; seed <= 40; seed++) {
      const { a, d, tokens } = storm(seed);
      const texts = d.arrivals.map(({ body }) => new TextDecoder().decode(body));
      expect([seed, new Set(texts).size]).toEqual([seed, texts.length]);
      for (const [token, text] of tokens) {
        const reason = a.sent(token)?.missing[0]?.reason;
        const outcome =
          reason === undefined ? 'delivered' : undelivered.has(reason) ? 'undelivered' : 'unknown';
        seen[outcome]++;
        if (outcome === 'unknown') continue;
        expect([seed, text, reason, texts.includes(text)]).toEqual([
          seed,
          text,
          reason,
          outcome === 'delivered',
        ]);
      }
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });
});
