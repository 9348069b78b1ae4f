/** Links between kernels: which dials become one, which are refused, and what the other end hears of it. */
import { describe, expect, test } from 'vitest';
import { decodeHello, encodeHello } from '../../src/kernel/link/hello.ts';
import { headerBytes, preface } from '../../src/kernel/wire/frame.ts';
import { TestMesh, type TestNode, type TestNodeOptions, witness } from './harness.ts';

/** Two nodes that dial each other at once, the bytes of each pipe delayed at random. */
function dialEachOther(seed: number, delayMs: number) {
  const mesh = new TestMesh(seed);
  const logs = { a: [] as string[], b: [] as string[] };
  const a = mesh.add('a', { behaviors: [witness(logs.a)] });
  const b = mesh.add('b', { behaviors: [witness(logs.b)] });
  mesh.delay = () => mesh.random.next() * delayMs;
  const tokens = [a.dial('b'), b.dial('a')] as const;
  return { mesh, a, b, logs, tokens };
}

describe('two nodes that dial each other at once', () => {
  test.each([0, 5, 40, 200])(
    'keep one link, the same at both ends, with delays of up to %i ms',
    (delayMs) => {
      for (let seed = 1; seed <= 40; seed++) {
        const { mesh, a, b } = dialEachOther(seed, delayMs);
        mesh.run(5000);
        expect([seed, a.neighborNames(), b.neighborNames()]).toEqual([seed, ['b'], ['a']]);
        expect([seed, a.pipes.size, b.pipes.size]).toEqual([seed, 1, 1]);
        expect(a.pipeTo(b).other).toBe(b.pipeTo(a));
      }
    },
  );

  test.each([0, 5, 40, 200])(
    'see each other come up once and never go, with delays of up to %i ms',
    (delayMs) => {
      for (let seed = 1; seed <= 40; seed++) {
        const { mesh, logs } = dialEachOther(seed, delayMs);
        mesh.run(5000);
        expect([seed, logs]).toEqual([seed, { a: ['up b'], b: ['up a'] }]);
      }
    },
  );

  test('lose and double no message that is sent meanwhile', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { mesh, a, b } = dialEachOther(seed, 40);
      const tokens: number[] = [];
      for (let i = 0; i < 100; i++) {
        mesh.run(3);
        if (a.knows().includes('b')) tokens.push(a.send([b], String(i)));
      }
      mesh.run(10_000);
      b.listen();
      const delivered = tokens.map((token) => a.sent(token)?.delivered.length);
      expect([seed, delivered.every((count) => count === 1)]).toEqual([seed, true]);
      expect([seed, b.arrivals.length]).toEqual([seed, tokens.length]);
      expect(tokens.length).toBeGreaterThan(20);
    }
  });

  test('each answer the command that asked for the dial', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { mesh, a, b, tokens } = dialEachOther(seed, 20);
      mesh.run(15_000);
      expect([seed, a.answers.has(tokens[0]), b.answers.has(tokens[1])]).toEqual([seed, true, true]);
    }
  });

  test('still dial each other when the link is lost later', () => {
    const mesh = new TestMesh(3);
    mesh.delay = () => mesh.random.next() * 20;
    const a = mesh.add('a', { degree: 1 });
    const b = mesh.add('b', { degree: 1 });
    for (let round = 0; round < 5; round++) {
      mesh.run(10_000);
      expect(a.neighborNames()).toEqual(['b']);
      const pipe = a.pipeTo(b);
      pipe.open = false;
      a.pipes.delete(pipe.link);
      a.enter(() => a.kernel.closed(pipe.link, undefined, mesh.now));
      b.enter(() => b.kernel.closed(pipe.other.link, undefined, mesh.now));
      b.pipes.delete(pipe.other.link);
    }
  });
});

test('a new life of a node replaces its old link at once, though the old one never said goodbye', () => {
  const mesh = new TestMesh();
  const log: string[] = [];
  const b = mesh.add('b', { behaviors: [witness(log)] });
  mesh.add('a').dial('b');
  mesh.run(100);
  (mesh.nodes.get('a') as TestNode).kill({ silent: true });
  const again = mesh.add('a');
  again.dial('b');
  mesh.run(1500);
  expect(b.neighborNames()).toEqual(['a']);
  expect(b.kernel.neighbors.get(again.id)?.instance).toBe(again.kernel.self.instance);
  expect(log).toEqual(['up a', 'down a replaced', 'up a']);
});

describe('a dial is refused', () => {
  function refusal(from: TestNode, address: string): string | undefined {
    const token = from.dial(address);
    from.mesh.run(2000);
    return from.answers.get(token)?.failure?.code;
  }

  test('with SKEIN_SELF when it leads to the node itself', () => {
    const a = new TestMesh().add('a');
    expect(refusal(a, 'a')).toBe('SKEIN_SELF');
    expect(a.pipes.size).toBe(0);
  });

  test('with SKEIN_ALREADY_CONNECTED when it leads to a neighbor, from either end; the link stays', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    expect(refusal(a, 'b')).toBe('SKEIN_ALREADY_CONNECTED');
    expect(refusal(b, 'a')).toBe('SKEIN_ALREADY_CONNECTED');
    expect([a.neighborNames(), a.told('link-down')]).toEqual([['b'], []]);
  });

  test('with SKEIN_UNREACHABLE when nobody listens', () => {
    expect(refusal(new TestMesh().add('a'), 'nobody')).toBe('SKEIN_UNREACHABLE');
  });

  test('with SKEIN_VERSION, told by both ends, when the wire versions have nothing in common', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a');
    const b = mesh.add('b');
    mesh.tamper = (bytes, from) => (from === a ? withWireVersion(bytes, 9) : bytes);
    expect(refusal(a, 'b')).toBe('SKEIN_VERSION');
    expect(a.neighborNames()).toEqual([]);
    expect(b.pipes.size).toBe(0);
  });
});

/** The dialer's first bytes with a hello of another wire version; other bytes as they are. */
function withWireVersion(bytes: Uint8Array, version: number): Uint8Array {
  if (bytes[0] !== preface[0] || bytes[1] !== preface[1]) return bytes;
  const start = preface.length + headerBytes;
  const hello = decodeHello(bytes.subarray(start));
  if (typeof hello === 'string') throw new Error(hello);
  const changed = bytes.slice();
  changed.set(encodeHello({ ...hello, wireVersion: version, wireVersionMin: version }), start);
  return changed;
}

test('another program version only warns, at both ends', () => {
  const mesh = new TestMesh();
  const a = mesh.add('a', { version: '1.0.0' });
  const b = mesh.add('b', { version: '2.0.0' });
  a.dial('b');
  mesh.run(100);
  expect([a.neighborNames(), b.neighborNames()]).toEqual([['b'], ['a']]);
  for (const node of [a, b]) expect(node.told('warning')).toMatchObject([{ code: 'version' }]);
});

test('equal versions do not warn', () => {
  const [a] = new TestMesh().chain('a', 'b') as [TestNode];
  expect(a.told('warning')).toEqual([]);
});

describe('the end of a link', () => {
  const linked = (options: TestNodeOptions = {}) => {
    const mesh = new TestMesh();
    const log: string[] = [];
    const a = mesh.add('a', options);
    const b = mesh.add('b', { behaviors: [witness(log)] });
    a.dial('b');
    mesh.run(100);
    return { mesh, a, b, log };
  };

  test('a hangup is told to the other end as one', () => {
    const { mesh, a, log } = linked();
    a.command('discovery', 'hangup', 'b');
    mesh.run(100);
    expect(log).toEqual(['up a', 'down a hangup']);
    expect(a.pipes.size).toBe(0);
  });

  test('a link that a behavior closes without saying why is no hangup by hand to the other end', () => {
    const closer = {
      name: 'closer',
      timers: { tick: (agent: { closeNode(node: number): void }) => agent.closeNode(b.id) },
    };
    const { mesh, b, log } = linked({ behaviors: [closer] as never });
    mesh.run(2000);
    expect(log[1]).toMatch(/^down a /);
    expect(log[1]).not.toBe('down a hangup');
  });

  test('a black-holed neighbor is dead in under 5 s', () => {
    const { mesh, a, log } = linked();
    a.kill({ silent: true });
    mesh.run(4999);
    expect(log).toEqual(['up a', 'down a silent']);
  });

  test('a neighbor whose program stands still for 2.5 s is not dead', () => {
    const { mesh, a, log } = linked();
    const { wake } = a;
    const until = mesh.now + 2500;
    a.wake = () => {
      if (mesh.now >= until) wake.call(a);
      else a.wakeAt = until;
    };
    mesh.run(20_000);
    expect(log).toEqual(['up a']);
  });
});
