/** A behavior that throws or blocks: what the kernel does about it, and what everybody else notices. */
import { describe, expect, test } from 'vitest';
import type { Behavior, CommandHandlers, Reply, Shape } from '../../src/kernel/contracts.ts';
import { TestMesh, type TestNode } from './harness.ts';

interface FaultyShape extends Shape {
  readonly commands: { fail(input: undefined): void; wait(input: undefined): void };
}

/** Throws at each frame and at its command `fail`; never answers `wait`. */
class Faulty implements Behavior<FaultyShape> {
  readonly name = 'faulty';
  readonly waiting: Reply<void>[] = [];
  frames = {
    message: (): void => {
      throw new Error('no good');
    },
  };
  readonly commands: CommandHandlers<FaultyShape> = {
    fail: () => {
      throw new Error('no good');
    },
    wait: (_agent, _input, reply) => void this.waiting.push(reply),
  };
}

function stage() {
  const mesh = new TestMesh();
  const faulty = new Faulty();
  const a = mesh.add('a', { behaviors: [faulty] });
  const b = mesh.add('b', { behaviors: [new Faulty()] });
  mesh.chain('a', 'b');
  const errorOf = (token: number) => a.answers.get(token)?.failure;
  /** The behavior of a throws this often. */
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) a.command('faulty', 'fail');
    mesh.run(10);
  };
  return { mesh, a, b, faulty, errorOf, send };
}

describe('a command that throws', () => {
  test('fails with SKEIN_FAILED instead of never being answered', () => {
    const { a, errorOf } = stage();
    expect(errorOf(a.command('faulty', 'fail'))).toMatchObject({
      code: 'SKEIN_FAILED',
      message: 'behavior faulty threw at its command "fail"',
    });
  });
});

describe('a behavior that threw 100 times within a minute', () => {
  test('is not called any more, and its node and its other behaviors live', () => {
    const { mesh, a, b, send } = stage();
    send(99);
    expect(a.kernel.troubles).toMatchObject([{ name: 'faulty', threw: 99, isOff: false }]);
    send(1);
    expect(a.kernel.troubles).toMatchObject([{ name: 'faulty', threw: 100, isOff: true }]);
    expect(a.counter('kernel.exceptions')).toBe(100);
    send(10);
    expect(a.counter('kernel.exceptions')).toBe(100);
    b.listen();
    const token = a.send([b], 'hi');
    mesh.run(100);
    expect(a.sent(token)?.delivered).toEqual([b.id]);
  });

  test('has its unanswered commands, and all later ones, failed with the reason', () => {
    const { a, errorOf, send } = stage();
    const waiting = a.command('faulty', 'wait');
    send(100);
    const later = a.command('faulty', 'wait');
    const reason = {
      code: 'SKEIN_FAILED',
      message: 'behavior faulty is switched off: it threw 100 times within 60 s; fix it and restart the node',
    };
    expect([errorOf(waiting), errorOf(later)]).toMatchObject([reason, reason]);
  });

  test('is refused to others: its frames go back to their senders', () => {
    const mesh = new TestMesh();
    const returned: string[] = [];
    const sender: Behavior = {
      name: 'faulty',
      frames: { returned: (_agent, { reason }) => void returned.push(reason) },
      rpc: (agent, { input }) => {
        agent.send({ to: 'node', node: input as number }, new Uint8Array(1), { type: 1, wantsReturn: true });
        return true;
      },
    };
    const a = mesh.add('a', { behaviors: [sender] });
    const b = mesh.add('b', { behaviors: [new Faulty()] });
    mesh.chain('a', 'b');
    for (let i = 0; i <= 100; i++) a.enter(() => a.kernel.rpc('send', b.id, 5000 + i, mesh.now));
    mesh.run(100);
    expect(b.kernel.troubles).toMatchObject([{ threw: 100, isOff: true }]);
    expect(returned).toEqual(['refused']);
  });
});

describe('a command', () => {
  test('is answered once: what a behavior says after its answer is dropped', () => {
    const { mesh, a, faulty } = stage();
    const token = a.command('faulty', 'wait');
    const [reply] = faulty.waiting;
    a.enter(() => {
      reply?.answer();
      reply?.fail({ code: 'SKEIN_BUSY', message: 'too late' });
    });
    mesh.run(10);
    expect(a.answers.get(token)).toEqual({ value: undefined });
    expect(a.effects.filter((effect) => 'token' in effect && effect.token === token)).toHaveLength(1);
  });

  test('that the feature does not have is refused with those that it has', () => {
    const { a, errorOf } = stage();
    expect(errorOf(a.command('faulty', 'toString'))?.message).toBe(
      'feature faulty has no command "toString": it takes fail, wait',
    );
  });
});

describe('a request that names no feature', () => {
  test('is answered by the first behavior that handles it, and refused when none does', () => {
    const mesh = new TestMesh();
    const asked: string[] = [];
    const answering = (name: string, verb: string): Behavior => ({
      name,
      rpc: (_agent, request, reply) => {
        asked.push(name);
        if (request.verb !== verb) return false;
        reply.answer(`${name} did ${request.verb}`);
        return true;
      },
    });
    const a: TestNode = mesh.add('a', { behaviors: [answering('x', 'one'), answering('y', 'two')] });
    for (const [token, verb] of [
      [7001, 'one'],
      [7002, 'two'],
      [7003, 'three'],
    ] as const)
      a.enter(() => a.kernel.rpc(verb, undefined, token, mesh.now));
    expect(asked).toEqual(['x', 'x', 'y', 'x', 'y']);
    expect([7001, 7002].map((token) => a.answers.get(token)?.value)).toEqual(['x did one', 'y did two']);
    expect(a.answers.get(7003)?.failure).toMatchObject({
      code: 'SKEIN_INVALID',
      message: 'no behavior of this node handles "three"',
    });
  });
});
