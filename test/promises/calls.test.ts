/** What a request comes to: who carries it out, how often, and what its asker is told. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { afterEach, describe, expect, test } from 'vitest';
import { service } from '../../src/features/calls/api/service.ts';
import { callLimits } from '../../src/features/calls/core/limits.ts';
import { limits } from '../../src/kernel/limits.ts';
import type { Call, RequestOptions } from '../../src/node/node.ts';
import { closeMesh, type SmallMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

const line = { a: [], b: ['a'], c: ['b'] };
const Echo = service<unknown, unknown>('echo');

async function offered(small: SmallMesh, ...names: string[]): Promise<void> {
  const ready = small.mesh.living.map(({ node }) => node.ready({ services: names }));
  await small.world.resolve(Promise.all(ready));
  await small.run(500);
}

/** What it came to by now. */
function outcome(asking: Promise<unknown>): { now: unknown } {
  const outcome = { now: 'pending' as unknown };
  asking.then(
    (output) => {
      outcome.now = output;
    },
    (error: { code: string; message: string; details?: unknown }) => {
      outcome.now = { code: error.code, message: error.message, details: error.details };
    },
  );
  return outcome;
}

function failing(code: string, message: RegExp | string = '') {
  return expect.objectContaining({ code, message: expect.stringMatching(message) });
}

describe('a request', () => {
  test('is answered by the node that offers the service, across hops', async () => {
    const small = await smallMesh(line);
    const calls: Call[] = [];
    small.node('c').respond(Echo, (call) => {
      calls.push(call);
      return { from: call.from, said: call.input };
    });
    await offered(small, 'echo');
    const answer = small.node('a').request(Echo, { text: 'hi' }, { timeoutMs: 3000 });
    expect(await small.world.resolve(answer)).toEqual({ from: 'a', said: { text: 'hi' } });
    expect(calls[0]).toMatchObject({
      service: 'echo',
      from: 'a',
      instance: small.node('a').instance,
      id: 1,
    });
    expect(calls[0]?.timeoutMs).toBe(3000);
  });

  test('takes bytes and gives bytes, and whatever a message can say', async () => {
    const small = await smallMesh(line);
    small.node('b').respond(Echo, ({ input }) => input);
    await offered(small, 'echo');
    for (const value of [
      Uint8Array.of(1, 2, 3),
      'text',
      12n,
      new Map([['a', new Date(5)]]),
      null,
      undefined,
    ]) {
      expect(await small.world.resolve(small.node('a').request(Echo, value))).toEqual(value);
    }
  });

  test('may be answered by the node itself', async () => {
    const small = await smallMesh({ a: [] });
    small.node('a').respond(Echo, ({ input, from }) => [from, input]);
    expect(await small.world.resolve(small.node('a').request(Echo, 1))).toEqual(['a', 1]);
  });

  test('to a service that nobody offers fails at once and says so', async () => {
    const small = await smallMesh(line);
    const asked = outcome(small.node('a').request('render', 1));
    await small.run(1);
    expect(asked.now).toEqual(failing('SKEIN_NO_SERVICE', 'no node in reach offers render'));
  });

  test('to one node that does not offer the service is refused there', async () => {
    const small = await smallMesh(line);
    const asked = outcome(small.node('a').request('render', 1, { to: 'c' }));
    await small.run(100);
    expect(asked.now).toEqual(failing('SKEIN_NO_SERVICE', 'c does not offer render'));
  });

  test('to one node that is not there fails at once', async () => {
    const small = await smallMesh(line);
    const asked = outcome(small.node('a').request('render', 1, { to: 'z' }));
    await small.run(1);
    expect(asked.now).toEqual(failing('SKEIN_NO_ROUTE'));
  });

  test('above the limit is refused before it leaves, and so is an answer', async () => {
    const small = await smallMesh(line);
    const large = new Uint8Array(callLimits.callBytesMax + 1);
    small.node('b').respond(Echo, () => large);
    await offered(small, 'echo');
    const input = outcome(small.node('a').request(Echo, large));
    const output = outcome(small.node('a').request(Echo, 1));
    await small.run(500);
    expect(input.now).toEqual(failing('SKEIN_TOO_LARGE', /983041 bytes/));
    expect(output.now).toEqual(failing('SKEIN_FAILED', /983041 bytes/));
    const largest = small.node('a').request(Echo, large.subarray(1));
    await expect(small.world.resolve(largest)).rejects.toEqual(failing('SKEIN_FAILED'));
  });
});

describe('what a handler throws', () => {
  test('comes back with its code and message, and without its stack', async () => {
    const small = await smallMesh(line);
    small.node('c').respond(Echo, () => {
      throw Object.assign(new Error('the disk is full'), { code: 'E_DISK' });
    });
    await offered(small, 'echo');
    const error: Error & { details?: unknown } = await small.world
      .resolve(small.node('a').request(Echo, 1))
      .then(() => Promise.reject(new Error('answered')))
      .catch((caught: Error) => caught);
    expect(error).toEqual(failing('SKEIN_FAILED', 'echo at c: the disk is full'));
    expect(error.details).toEqual({
      node: 'c',
      service: 'echo',
      code: 'E_DISK',
      message: 'the disk is full',
    });
    expect(JSON.stringify(error.details)).not.toContain('test.ts');
  });

  test('or rejects with, whatever it is', async () => {
    const small = await smallMesh(line);
    const thrown: unknown[] = [new Error('later'), 'text', undefined, { code: 7 }, 'x'.repeat(20_000)];
    small.node('c').respond(Echo, ({ input }) => Promise.reject(thrown[input as number]));
    await offered(small, 'echo');
    const said = [/: later$/, /: text$/, /: undefined$/, /object/, /x…$/];
    for (const [i, text] of said.entries()) {
      await expect(small.world.resolve(small.node('a').request(Echo, i))).rejects.toEqual(
        failing('SKEIN_FAILED', text),
      );
    }
  });
});

const numbers: StandardSchemaV1<unknown, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'expected a number' }] },
  },
};

describe('schemas', () => {
  test('are asked at both ends, for inputs and for outputs', async () => {
    const small = await smallMesh(line);
    const Double = service<number, number>('double', { input: numbers, output: numbers });
    small.node('c').respond(Double, ({ input }) => input);
    await offered(small, 'double');
    // Twice on the way there, twice on the way back.
    expect(await small.world.resolve(small.node('a').request(Double, 1))).toBe(16);
    const bad = small.node('a').request(Double, 'one' as never);
    await expect(small.world.resolve(bad)).rejects.toEqual(
      failing('SKEIN_INVALID', /input: the body: expected a number/),
    );
  });

  test('of the answering side turn away what another program sends', async () => {
    const small = await smallMesh(line);
    small.node('c').respond(service<number, number>('double', { input: numbers }), ({ input }) => input);
    await offered(small, 'double');
    const bad = small.node('a').request('double', 'one');
    await expect(small.world.resolve(bad)).rejects.toEqual(failing('SKEIN_FAILED', /expected a number/));
  });
});

describe('the deadline', () => {
  test('ends a request, says what is known, and tells the handler', async () => {
    const small = await smallMesh(line);
    let told: AbortSignal | undefined;
    small.node('c').respond(Echo, ({ signal }) => {
      told = signal;
      return new Promise(() => undefined);
    });
    await offered(small, 'echo');
    const asked = outcome(small.node('a').request(Echo, 1, { timeoutMs: 3000 }));
    await small.run(2900);
    expect([asked.now, told?.aborted]).toEqual(['pending', false]);
    await small.run(200);
    expect(asked.now).toEqual(failing('SKEIN_TIMEOUT', 'within 3000 ms c was still working on it'));
    expect(told?.aborted).toBe(true);
  });

  test('fires the signal of a handler whose asker is cut off, within a second of it', async () => {
    const small = await smallMesh(line);
    let told: AbortSignal | undefined;
    small.node('c').respond(Echo, ({ signal }) => {
      told = signal;
      return new Promise(() => undefined);
    });
    await offered(small, 'echo');
    void small
      .node('a')
      .request(Echo, 1, { timeoutMs: 2000 })
      .catch(() => undefined);
    await small.run(100);
    small.crash('b');
    await small.run(1800);
    expect(told?.aborted).toBe(false);
    await small.run(1300);
    expect(told?.aborted).toBe(true);
  });
});

describe('whoever gives up', () => {
  test('is told at once, and so is the handler', async () => {
    const small = await smallMesh(line);
    const signals: AbortSignal[] = [];
    small.node('c').respond(Echo, ({ signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    await offered(small, 'echo');
    const giveUp = new AbortController();
    const asked = outcome(small.node('a').request(Echo, 1, { signal: giveUp.signal }));
    await small.run(100);
    giveUp.abort(new Error('enough'));
    await small.run(0);
    expect(asked.now).toEqual(failing('SKEIN_ABORTED'));
    await small.run(100);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('before its turn has come is never worked for', async () => {
    const small = await smallMesh(line);
    const inputs: unknown[] = [];
    const finish: (() => void)[] = [];
    small.node('c').respond(
      Echo,
      ({ input }) => {
        inputs.push(input);
        return new Promise<void>((resolve) => finish.push(resolve));
      },
      { concurrency: 1 },
    );
    await offered(small, 'echo');
    const giveUp = new AbortController();
    const first = outcome(small.node('a').request(Echo, 1));
    void small
      .node('a')
      .request(Echo, 2, { signal: giveUp.signal })
      .catch(() => undefined);
    void small
      .node('a')
      .request(Echo, 3, { timeoutMs: 1000 })
      .catch(() => undefined);
    const last = outcome(small.node('a').request(Echo, 4));
    await small.run(100);
    giveUp.abort();
    await small.run(2000);
    expect(inputs).toEqual([1]);
    finish[0]?.();
    await small.run(100);
    expect(inputs).toEqual([1, 4]);
    finish[1]?.();
    await small.run(100);
    expect([first.now, last.now]).toEqual([undefined, undefined]);
  });

  test('before it was sent sends nothing', async () => {
    const small = await smallMesh(line);
    let calls = 0;
    small.node('c').respond(Echo, () => ++calls);
    await offered(small, 'echo');
    const asked = outcome(small.node('a').request(Echo, 1, { signal: AbortSignal.abort() }));
    await small.run(500);
    expect([asked.now, calls]).toEqual([failing('SKEIN_ABORTED'), 0]);
  });
});

describe('a node that has enough to do', () => {
  test('says busy; another is asked, and without one the asker is told', async () => {
    const small = await smallMesh(line);
    const took: string[] = [];
    const never = new Promise<void>(() => undefined);
    for (const name of ['b', 'c']) {
      small.node(name).respond(
        Echo,
        () => {
          took.push(name);
          return never;
        },
        { concurrency: 1, queue: 1 },
      );
    }
    await offered(small, 'echo');
    const asked = Array.from({ length: 5 }, (_, i) =>
      outcome(small.node('a').request(Echo, i, { timeoutMs: 60_000 })),
    );
    await small.run(500);
    expect(took).toEqual(['b', 'c']);
    expect(asked.map(({ now }) => now)).toEqual([
      'pending',
      'pending',
      'pending',
      'pending',
      failing('SKEIN_BUSY'),
    ]);
  });
});

describe('strategies', () => {
  const star = { hub: [], a: ['hub'], b: ['hub'], c: ['hub'] };

  async function whoTakes(options: (i: number) => RequestOptions, count: number): Promise<string[]> {
    const small = await smallMesh(star);
    for (const name of ['a', 'b', 'c']) small.node(name).respond(Echo, () => name);
    await offered(small, 'echo');
    const took: string[] = [];
    for (let i = 0; i < count; i++) {
      took.push((await small.world.resolve(small.node('hub').request(Echo, i, options(i)))) as string);
    }
    return took;
  }

  test('round-robin asks each in turn', async () => {
    const took = await whoTakes(() => ({ strategy: 'round-robin' }), 9);
    expect(took.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c']);
    expect(took.slice(3)).toEqual([...took.slice(0, 3), ...took.slice(0, 3)]);
  });

  test('random asks all of them, sooner or later', async () => {
    const took = await whoTakes(() => ({ strategy: 'random' }), 60);
    for (const name of ['a', 'b', 'c']) expect(took.filter((one) => one === name).length).toBeGreaterThan(8);
  });

  test('sticky asks the same one for the same key, and all for many keys', async () => {
    const took = await whoTakes((i) => ({ key: `key ${i % 30}` }), 60);
    expect(took.slice(30)).toEqual(took.slice(0, 30));
    for (const name of ['a', 'b', 'c']) expect(took.slice(0, 30)).toContain(name);
  });

  test('nearest asks the one with the fewest hops', async () => {
    const small = await smallMesh(line);
    for (const name of ['b', 'c']) small.node(name).respond(Echo, () => name);
    await offered(small, 'echo');
    expect(await small.world.resolve(small.node('a').request(Echo, 1))).toBe('b');
  });

  test('least-loaded asks the one with the least under way, of others too', async () => {
    const small = await smallMesh(star);
    const took: string[] = [];
    const never = new Promise<void>(() => undefined);
    for (const name of ['a', 'b']) {
      small.node(name).respond(Echo, ({ input }) => {
        if (input === 'ask') return name;
        took.push(name);
        return never;
      });
    }
    await offered(small, 'echo');
    const ask = (from: string, input: unknown, options: RequestOptions) =>
      void small
        .node(from)
        .request(Echo, input, { timeoutMs: 60_000, ...options })
        .catch(() => undefined);
    for (let i = 0; i < 4; i++) ask('c', i, { to: 'a' });
    await small.run(100);
    // The hub learns of it with the next answer of each.
    for (const to of ['a', 'b']) await small.world.resolve(small.node('hub').request(Echo, 'ask', { to }));
    took.length = 0;
    for (let i = 0; i < 6; i++) ask('hub', i, { strategy: 'least-loaded' });
    await small.run(100);
    expect(took.filter((name) => name === 'b').length).toBe(5);
  });
});

describe('when the mesh breaks', () => {
  const ring = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };

  test('an answer that was lost with its relay is fetched by another way, and the handler is not called again', async () => {
    const small = await smallMesh(ring);
    let calls = 0;
    const finish: (() => void)[] = [];
    small.node('d').respond(Echo, () => {
      calls++;
      return new Promise<string>((resolve) => finish.push(() => resolve('done')));
    });
    await offered(small, 'echo');
    const relay = (await small.world.resolve(small.node('a').route('d')))[0] as string;
    const asked = outcome(small.node('a').request(Echo, 1));
    await small.run(100);
    expect(calls).toBe(1);
    small.crash(relay);
    finish[0]?.();
    await small.run(2000);
    expect([asked.now, calls]).toEqual(['done', 1]);
  });

  test('a node that dies with a request is told as lost, which means unknown', async () => {
    const small = await smallMesh(line);
    small.node('c').respond(Echo, () => new Promise(() => undefined));
    await offered(small, 'echo');
    const asked = outcome(small.node('a').request(Echo, 1, { timeoutMs: 60_000 }));
    await small.run(100);
    small.crash('c');
    await small.run(limits.routeGraceMs + 500);
    expect(asked.now).toEqual(failing('SKEIN_LOST', 'echo: c was lost with the call under way'));
  });

  test('one that is back as another life has lost it, at once', async () => {
    const small = await smallMesh(line);
    small.node('c').respond(Echo, () => new Promise(() => undefined));
    await offered(small, 'echo');
    const asked = outcome(small.node('a').request(Echo, 1, { timeoutMs: 60_000 }));
    await small.run(100);
    small.crash('c');
    small.restart('c');
    await small.run(3000);
    expect(asked.now).toEqual(failing('SKEIN_LOST'));
  });

  test('an idempotent request goes to another node, one that is not does not', async () => {
    const small = await smallMesh(ring);
    const took: string[] = [];
    for (const name of ['b', 'd']) {
      small.node(name).respond(Echo, ({ input }) => {
        took.push(`${name} ${input}`);
        return name === 'b' ? new Promise(() => undefined) : 'done';
      });
    }
    await offered(small, 'echo');
    const twice = outcome(small.node('a').request(service('echo', { idempotent: true }), 'twice'));
    const once = outcome(small.node('a').request(Echo, 'once'));
    await small.run(100);
    small.crash('b');
    await small.run(limits.routeGraceMs + 500);
    expect([twice.now, once.now]).toEqual(['done', failing('SKEIN_LOST')]);
    expect(took).toEqual(['b twice', 'b once', 'd twice']);
  });

  test('a service that is withdrawn lets what runs finish and sends the rest elsewhere', async () => {
    const small = await smallMesh(line);
    const took: string[] = [];
    const finish: (() => void)[] = [];
    const offer = small.node('b').respond(
      Echo,
      ({ input }) => {
        took.push(`b ${input}`);
        return new Promise<string>((resolve) => finish.push(() => resolve('b')));
      },
      { concurrency: 1 },
    );
    small.node('c').respond(Echo, ({ input }) => {
      took.push(`c ${input}`);
      return 'c';
    });
    await offered(small, 'echo');
    const asked = [1, 2].map((i) => outcome(small.node('a').request(Echo, i)));
    await small.run(100);
    await small.world.resolve(offer.close());
    await small.run(100);
    finish[0]?.();
    await small.run(100);
    expect(asked.map(({ now }) => now)).toEqual(['b', 'c']);
    expect(took).toEqual(['b 1', 'c 2']);
  });

  test('a node that closes lets what runs finish first', async () => {
    const small = await smallMesh(line);
    const finish: (() => void)[] = [];
    small.node('c').respond(Echo, () => new Promise((resolve) => finish.push(() => resolve('done'))));
    await offered(small, 'echo');
    const asked = outcome(small.node('a').request(Echo, 1, { timeoutMs: 60_000 }));
    await small.run(100);
    small.mayEnd.add('c');
    const closed = small.node('c').close({ drainMs: 5000 });
    const late = outcome(small.node('a').request(Echo, 2));
    await small.run(2000);
    expect([asked.now, late.now]).toEqual(['pending', failing('SKEIN_NO_SERVICE')]);
    finish[0]?.();
    await small.world.resolve(closed);
    await small.run(100);
    expect(asked.now).toBe('done');
  });

  test('a node that closes lets its askers ask others, or tells them', async () => {
    const small = await smallMesh(line);
    small.node('c').respond(Echo, () => new Promise(() => undefined));
    await offered(small, 'echo');
    const asked = outcome(small.node('a').request(Echo, 1, { timeoutMs: 60_000 }));
    await small.run(100);
    small.mayEnd.add('c');
    await small.world.resolve(small.node('c').close());
    await small.run(500);
    expect(asked.now).toEqual(failing('SKEIN_LOST'));
  });

  test('requests of a node that closes end with it', async () => {
    const small = await smallMesh(line);
    small.node('c').respond(Echo, () => new Promise(() => undefined));
    await offered(small, 'echo');
    const node = small.node('a');
    const asked = outcome(node.request(Echo, 1));
    await small.run(100);
    small.mayEnd.add('a');
    await small.world.resolve(node.close());
    expect(asked.now).toEqual(failing('SKEIN_CLOSED'));
    await expect(node.request(Echo, 2)).rejects.toEqual(failing('SKEIN_CLOSED'));
  });
});

describe('bad input', () => {
  test('says what is wrong and what is accepted', async () => {
    const small = await smallMesh({ a: [] });
    const node = small.node('a');
    const rejected = async (asking: Promise<unknown>): Promise<string> =>
      asking.then(
        () => 'answered',
        (error: Error) => error.message,
      );
    expect(await rejected(node.request('no good', 1))).toMatch(/service: a name has 1 to 64/);
    expect(await rejected(node.request({} as never, 1))).toMatch(
      /a service is text, or made with service\(\)/,
    );
    expect(await rejected(node.request('echo', 1, { strategy: 'best' as never }))).toMatch(
      /strategy is one of nearest/,
    );
    expect(await rejected(node.request('echo', 1, { strategy: 'sticky' }))).toMatch(/sticky needs a key/);
    expect(await rejected(node.request('echo', 1, { strategy: 'nearest', key: 'k' }))).toMatch(
      /a key is for/,
    );
    expect(await rejected(node.request('echo', 1, { timeoutMs: 0 }))).toMatch(/timeoutMs is a whole number/);
    expect(await rejected(node.request('echo', 1, { timeout: 5 } as never))).toMatch(
      /unknown option "timeout"/,
    );
    expect(await rejected(node.request('echo', Symbol('x')))).toMatch(/cannot be sent/);
    expect(() => node.respond('echo', 5 as never)).toThrow(/a handler is a function/);
    expect(() => node.respond('echo', () => 1, { concurrency: 0 })).toThrow(/concurrency is a whole number/);
    expect(() => service('x', { input: 5 as never })).toThrow(/Standard Schema/);
    node.respond('echo', () => 1);
    expect(() => node.respond('echo', () => 2)).toThrow(/answered by this node already/);
  });
});
