/** Availability between kernels: who is asked, who is notified, and what a lying member can say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeState, encodeState } from '../../src/features/availability/core/state.ts';
import { availability } from '../../src/features/availability/feature.ts';
import type { CallsEvent, Request, Strategy } from '../../src/features/calls/core/calls-types.ts';
import { calls } from '../../src/features/calls/feature.ts';
import { channels } from '../../src/features/channels/feature.ts';
import type { Failure } from '../../src/kernel/errors.ts';
import { TestMesh, type TestNode } from './harness.ts';

const request: Request = {
  service: 'echo',
  encoding: 0,
  input: Uint8Array.of(7),
  timeoutMs: 10_000,
  to: undefined,
  strategy: 'round-robin',
  key: '',
  idempotent: false,
};

/** a in the middle; b, c and d offer the service. */
function star(): { mesh: TestMesh; a: TestNode; b: TestNode; c: TestNode; d: TestNode } {
  const mesh = new TestMesh();
  const [b, a, c] = mesh.chain('b', 'a', 'c') as [TestNode, TestNode, TestNode];
  const [, d] = mesh.chain('a', 'd') as [TestNode, TestNode];
  for (const node of [b, c, d])
    node.command('calls', 'serve', { service: 'echo', concurrency: 16, queue: 64 });
  mesh.run(1000);
  return { mesh, a, b, c, d };
}

function set(node: TestNode, change: { available?: boolean; active?: boolean }): void {
  node.command('availability', 'set', change);
  node.mesh.run(1000);
}

/** @returns Why it was not begun. */
function ask(node: TestNode, changes: Partial<Request> = {}): Failure | undefined {
  let answer: object | undefined;
  node.enter(() => {
    node.kernel.enter(node.mesh.now);
    answer = node.core.behavior(calls).asker.call({ ...request, ...changes }, 'asked');
  });
  node.mesh.run(100);
  return answer !== undefined && 'code' in answer ? (answer as Failure) : undefined;
}

function executedAt(node: TestNode): number {
  const events = node.effects.flatMap((effect) =>
    effect.type === 'deliver' && effect.feature === 'calls' ? [effect.event as CallsEvent] : [],
  );
  return events.flatMap((event) => (event.type === 'executions' ? event.executions : [])).length;
}

const strategies: readonly Strategy[] = ['nearest', 'random', 'round-robin', 'least-loaded', 'sticky'];

describe('a node that is not available', () => {
  test.each(strategies)('gets no request that names no node, by %s', (strategy) => {
    const { a, b, c, d } = star();
    const askTwelve = (): void => {
      for (let i = 0; i < 12; i++) expect(ask(a, { strategy, key: `key ${i}` })).toBeUndefined();
    };
    askTwelve();
    const busiest = [b, c, d].sort((one, other) => executedAt(other) - executedAt(one))[0] as TestNode;
    const before = executedAt(busiest);
    expect(before).toBeGreaterThan(0);
    set(busiest, { available: false });
    askTwelve();
    expect(executedAt(busiest)).toBe(before);
    expect(executedAt(b) + executedAt(c) + executedAt(d)).toBe(24);
  });

  test('is not paired with by a service', () => {
    const { a, b, c, d } = star();
    const provider = () => a.core.behavior(channels).provider('echo');
    const all = new Map([b, c, d].map((node) => [node.id, node]));
    const nearest = all.get(provider() as number) as TestNode;
    set(nearest, { available: false });
    expect(all.has(provider() as number)).toBe(true);
    expect(provider()).not.toBe(nearest.id);
    for (const node of [b, c, d]) set(node, { available: false });
    expect(provider()).toMatchObject({
      code: 'SKEIN_NO_SERVICE',
      message: expect.stringMatching(/^no node that offers echo is available: not [bcd], [bcd], [bcd];/),
    });
    expect(a.core.behavior(channels).provider('nobody offers it')).toBeUndefined();
  });

  test('gets requests that name it', () => {
    const { a, b } = star();
    set(b, { available: false });
    expect(ask(a, { to: b.id })).toBeUndefined();
    expect(executedAt(b)).toBe(1);
  });

  test('gets requests again once it is available again', () => {
    const { a, b } = star();
    set(b, { available: false });
    set(b, { available: true });
    for (let i = 0; i < 3; i++) ask(a);
    expect(executedAt(b)).toBe(1);
  });

  test('does not choose itself either', () => {
    const { b, c, d } = star();
    set(b, { available: false });
    for (let i = 0; i < 4; i++) ask(b);
    expect([executedAt(b), executedAt(c) + executedAt(d)]).toEqual([0, 4]);
  });

  test('is not tried in place of one that was lost', () => {
    const { mesh, a, b, c, d } = star();
    for (const node of [b, d]) set(node, { available: false });
    ask(a, { idempotent: true });
    c.kill();
    mesh.run(20_000);
    expect([executedAt(b), executedAt(d)]).toEqual([0, 0]);
  });

  test('is named where nobody who offers the service is available', () => {
    const { a, b, c, d } = star();
    for (const node of [b, c, d]) set(node, { available: false });
    const why = ask(a);
    expect(why?.code).toBe('SKEIN_NO_SERVICE');
    expect(why?.message).toMatch(
      /^no node that offers echo is available: not [bcd], [bcd], [bcd]; name one of them, or try again later$/,
    );
    expect(ask(a, { service: 'other' })?.message).toBe('no node in reach offers other');
  });

  test('is available after a restart', () => {
    const { mesh, a, b } = star();
    set(b, { available: false });
    b.kill();
    mesh.run(5000);
    const next = mesh.add('b');
    next.dial('a');
    next.command('calls', 'serve', { service: 'echo', concurrency: 16, queue: 64 });
    mesh.run(5000);
    for (let i = 0; i < 3; i++) ask(a);
    expect(executedAt(next)).toBe(1);
    expect(a.core.behavior(availability).hasUnavailable).toBe(false);
  });
});

describe('a change', () => {
  test('is reported once at every node, its own among them, and not again when it is repeated', () => {
    const { a, b, c } = star();
    set(b, { active: false });
    set(b, { active: false });
    const changed = { type: 'changed', node: b.id, name: 'b', available: true, active: false };
    for (const node of [a, b, c]) expect(node.told('changed')).toEqual([changed]);
    expect(ask(a, { to: b.id })).toBeUndefined();
  });

  test('is known to a node that comes later', () => {
    const { mesh, b } = star();
    set(b, { available: false, active: false });
    const late = mesh.add('late');
    late.dial('a');
    mesh.run(2000);
    expect(late.told('changed')).toEqual([
      { type: 'changed', node: b.id, name: 'b', available: false, active: false },
    ]);
    expect(late.core.behavior(availability).isAvailable(b.id)).toBe(false);
  });

  test('is forgotten with a node that is gone, without a word that it is available', () => {
    const { mesh, a, b } = star();
    set(b, { available: false });
    b.stop();
    mesh.run(5000);
    expect(a.told('changed')).toHaveLength(1);
    expect(a.core.behavior(availability).hasUnavailable).toBe(false);
  });
});

describe('a section', () => {
  test('of any bytes is a state', () => {
    void fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const state = decodeState(bytes);
        const encoded = encodeState(state);
        expect(decodeState(encoded)).toEqual(state);
        expect(encoded?.length ?? 0).toBeLessThan(2);
      }),
    );
  });

  test('says nothing of a node that is available and active', () => {
    expect(encodeState({ available: true, active: true })).toBeUndefined();
    expect(decodeState(undefined)).toEqual({ available: true, active: true });
  });

  test('of a later version is read as far as it is known', () => {
    expect(decodeState(Uint8Array.of(0b1111_1101, 9))).toEqual({ available: false, active: true });
  });
});
