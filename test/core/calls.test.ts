/** Calls between kernels: what is lost on the way, what comes twice, and nodes that do not keep the rules. */

import { describe, expect, test } from 'vitest';
import type { CallsEvent, Execution, Outcome, Request } from '../../src/features/calls/core/calls-types.ts';
import { callLimits } from '../../src/features/calls/core/limits.ts';
import { CallType, encodeReplyHead, ReplyStatus } from '../../src/features/calls/core/wire.ts';
import { calls as callsFeature } from '../../src/features/calls/feature.ts';
import type { Failure } from '../../src/kernel/errors.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { lifeOf } from '../../src/kernel/life.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeFrame, type Frame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { changeFrames, TestMesh, type TestNode } from './harness.ts';

const calls = featureNumber('calls');

const request: Request = {
  service: 'echo',
  encoding: 0,
  input: Uint8Array.of(7),
  timeoutMs: 10_000,
  to: undefined,
  strategy: 'nearest',
  key: '',
  idempotent: false,
};

function chain(...names: string[]): { mesh: TestMesh; nodes: TestNode[] } {
  const mesh = new TestMesh();
  const nodes = mesh.chain(...names);
  const last = nodes.at(-1) as TestNode;
  last.command('calls', 'serve', { service: 'echo', concurrency: 16, queue: 16 });
  mesh.run(1000);
  return { mesh, nodes };
}

function ask(node: TestNode, changes: Partial<Request> = {}): void {
  node.enter(() => {
    node.kernel.enter(node.mesh.now);
    node.core.behavior(callsFeature).asker.call({ ...request, ...changes }, 'asked');
  });
}

function eventsOf(node: TestNode): CallsEvent[] {
  return node.effects.flatMap((effect) =>
    effect.type === 'deliver' && effect.feature === 'calls' ? [effect.event as CallsEvent] : [],
  );
}

function executionsAt(node: TestNode): Execution[] {
  return eventsOf(node).flatMap((event) => (event.type === 'executions' ? event.executions : []));
}

function outcomesAt(node: TestNode): Outcome[] {
  return eventsOf(node).flatMap((event) => (event.type === 'outcomes' ? event.outcomes : []));
}

function answer(node: TestNode, execution: Execution | undefined, output = Uint8Array.of(8)): void {
  node.enter(() => {
    node.kernel.enter(node.mesh.now);
    node.core.behavior(callsFeature).responder.answered(execution as Execution, 0, output);
  });
}

/** Each call's frame of a chunk becomes what `change` makes of it. */
function changed(
  bytes: Uint8Array,
  change: (frame: Frame, raw: Uint8Array) => readonly Uint8Array[],
): Uint8Array {
  return changeFrames(bytes, calls, change);
}

/** The first frame of this type does not arrive. */
function loseFirst(mesh: TestMesh, type: number): void {
  let lost = false;
  mesh.tamper = (bytes) =>
    changed(bytes, (frame, raw) => {
      if (lost || frame.type !== type) return [raw];
      lost = true;
      return [];
    });
}

describe('what is lost on the way', () => {
  test('a request that was lost is asked about and sent again', () => {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, , c] = nodes as [TestNode, TestNode, TestNode];
    loseFirst(mesh, CallType.request);
    ask(a);
    mesh.run(limits.repeatAfterMs + 200);
    expect(executionsAt(c).map(({ number }) => number)).toEqual([2]);
    answer(c, executionsAt(c)[0]);
    mesh.run(100);
    expect(outcomesAt(a).map(({ output }) => [...(output?.bytes ?? [])])).toEqual([[8]]);
  });

  test('an answer that was lost is fetched, and the handler is not called again', () => {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, , c] = nodes as [TestNode, TestNode, TestNode];
    ask(a);
    mesh.run(50);
    loseFirst(mesh, CallType.reply);
    answer(c, executionsAt(c)[0]);
    mesh.run(limits.repeatAfterMs + 200);
    expect([outcomesAt(a).length, executionsAt(c).length]).toEqual([1, 1]);
  });

  test('a word about work under way that was lost is asked for again', () => {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, , c] = nodes as [TestNode, TestNode, TestNode];
    ask(a);
    mesh.run(50);
    loseFirst(mesh, CallType.reply);
    mesh.run(5000);
    answer(c, executionsAt(c)[0]);
    mesh.run(100);
    expect([outcomesAt(a).length, executionsAt(c).length]).toEqual([1, 1]);
  });

  test('a cancellation that was lost is made good by the deadline', () => {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, , c] = nodes as [TestNode, TestNode, TestNode];
    loseFirst(mesh, CallType.cancel);
    ask(a, { timeoutMs: 2000 });
    mesh.run(2100);
    expect(outcomesAt(a)[0]?.failure?.code).toBe('SKEIN_TIMEOUT');
    mesh.run(1500);
    expect(eventsOf(c).map(({ type }) => type)).toEqual(['executions', 'cancelled']);
  });
});

describe('what comes twice', () => {
  test('a request that comes twice is carried out once, before and after it is answered', () => {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, , c] = nodes as [TestNode, TestNode, TestNode];
    let copy: Uint8Array | undefined;
    mesh.tamper = (bytes, from, to) =>
      changed(bytes, (frame, raw) => {
        if (frame.type !== CallType.request || to !== c || from === a) return [raw];
        copy = raw.slice();
        return [raw, raw.slice()];
      });
    const again = (): void => {
      const { link } = c.pipeTo(nodes[1] as TestNode);
      c.enter(() => c.kernel.received(link, (copy as Uint8Array).slice(), mesh.now));
    };
    ask(a);
    mesh.run(50);
    again();
    answer(c, executionsAt(c)[0]);
    again();
    // Once the asker has said that it has the answer, nothing but the number is left.
    mesh.run(2000);
    again();
    mesh.run(200);
    expect([executionsAt(c).length, outcomesAt(a).length]).toEqual([1, 1]);
    expect(c.core.behavior(callsFeature).status()).toMatchObject({ executed: 1, running: 0, duplicates: 4 });
  });

  test('a request that comes after it was given up is not carried out', () => {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, , c] = nodes as [TestNode, TestNode, TestNode];
    let late: Uint8Array | undefined;
    mesh.tamper = (bytes) =>
      changed(bytes, (frame, raw) => {
        if (frame.type !== CallType.request || late !== undefined) return [raw];
        late = raw.slice();
        return [];
      });
    ask(a, { timeoutMs: 500 });
    mesh.run(600);
    const { link } = c.pipeTo(nodes[1] as TestNode);
    c.enter(() => c.kernel.received(link, late as Uint8Array, mesh.now));
    mesh.run(200);
    expect(executionsAt(c)).toEqual([]);
  });

  test('a number that is over is not fresh again, however many came after it', () => {
    const { mesh, nodes } = chain('a', 'b');
    const [a, b] = nodes as [TestNode, TestNode];
    let first: Uint8Array | undefined;
    mesh.tamper = (bytes) =>
      changed(bytes, (frame, raw) => {
        if (frame.type === CallType.request) first ??= raw.slice();
        return [raw];
      });
    const count = 3 * callLimits.callsOverRemembered;
    for (let i = 0; i < count; i++) {
      ask(a);
      mesh.run(1);
      answer(b, executionsAt(b)[0]);
      b.effects.length = 0;
    }
    mesh.run(3000);
    const { link } = b.pipeTo(a);
    b.enter(() => b.kernel.received(link, first as Uint8Array, mesh.now));
    expect(executionsAt(b)).toEqual([]);
    expect(b.core.behavior(callsFeature).status()).toMatchObject({ executed: count, running: 0 });
    expect(a.core.behavior(callsFeature).status()).toMatchObject({ answered: count, unresolved: 0 });
  });
});

describe('a node that does not keep the rules', () => {
  const replyFrom = (b: TestNode, a: TestNode, number: number, payload: Uint8Array): Uint8Array =>
    encodeFrame(
      {
        kind: RouteKind.node,
        type: CallType.reply,
        feature: calls,
        destination: a.id,
        source: b.id,
        sequence: number,
        flags: 0,
        ttl: 4,
      },
      payload,
    );

  function asked() {
    const { mesh, nodes } = chain('a', 'b', 'c');
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    const { link } = a.pipeTo(b);
    ask(a);
    mesh.run(20);
    const deliver = (bytes: Uint8Array): void => a.enter(() => a.kernel.received(link, bytes, mesh.now));
    return { mesh, a, b, c, life: lifeOf(a.kernel.self.instance), deliver };
  }

  test('is not believed when it answers for another', () => {
    const { mesh, a, b, life, deliver } = asked();
    deliver(replyFrom(b, a, 1, encodeReplyHead(life, ReplyStatus.done, 0)));
    mesh.run(20);
    expect(outcomesAt(a)).toEqual([]);
  });

  test('is not believed for another life, nor for a number that is over', () => {
    const { mesh, a, c, life, deliver } = asked();
    deliver(replyFrom(c, a, 1, encodeReplyHead(life + 1, ReplyStatus.done, 0)));
    deliver(replyFrom(c, a, 99, encodeReplyHead(life, ReplyStatus.done, 0)));
    mesh.run(20);
    expect(outcomesAt(a)).toEqual([]);
    deliver(replyFrom(c, a, 1, encodeReplyHead(life, ReplyStatus.done, 0)));
    deliver(replyFrom(c, a, 1, encodeReplyHead(life, ReplyStatus.done, 0)));
    expect(outcomesAt(a).length).toBe(1);
  });

  test('does not keep an asker busy by saying that it knows of nothing', () => {
    const { mesh, a, c, life, deliver } = asked();
    for (let i = 0; i < 1000; i++) deliver(replyFrom(c, a, 1, encodeReplyHead(life, ReplyStatus.unknown, 0)));
    mesh.run(20);
    expect(a.core.behavior(callsFeature).status()).toMatchObject({ askedAgain: 0, unresolved: 1 });
  });

  test('is counted when what it sends is none of calls', () => {
    const { mesh, a, c, deliver } = asked();
    const header = {
      kind: RouteKind.node,
      feature: calls,
      destination: a.id,
      source: c.id,
      sequence: 1,
      flags: 0,
      ttl: 4,
    };
    for (const type of [0, ...Object.values(CallType), 77])
      deliver(encodeFrame({ ...header, type }, Uint8Array.of(1, 2, 3)));
    mesh.run(20);
    expect(a.core.behavior(callsFeature).status()).toMatchObject({ malformed: 7 });
  });

  test('makes a node keep so many bytes of what waits, and no more', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.command('calls', 'serve', { service: 'echo', concurrency: 1, queue: 1000 });
    mesh.run(1000);
    const input = new Uint8Array(900_000);
    for (let i = 0; i < 100; i++) {
      ask(a, { input });
      mesh.run(1);
    }
    const fitting = Math.floor(callLimits.callsQueuedBytesMax / input.length);
    expect(b.core.behavior(callsFeature).status()).toMatchObject({
      running: 1 + fitting,
      busy: 99 - fitting,
    });
    expect(new Set(outcomesAt(a).map(({ failure }) => failure?.code))).toEqual(new Set(['SKEIN_BUSY']));
  });
});

describe('a node that does not answer', () => {
  function call(node: TestNode, changes: Partial<Request> = {}): unknown {
    let called: unknown;
    node.enter(() => {
      node.kernel.enter(node.mesh.now);
      called = node.core.behavior(callsFeature).asker.call({ ...request, ...changes }, 'asked');
    });
    return called;
  }

  test('holds up so many calls, and is passed over by the next where another offers the service', () => {
    const mesh = new TestMesh();
    const [b, a, c] = mesh.chain('b', 'a', 'c') as [TestNode, TestNode, TestNode];
    for (const node of [b, c])
      node.command('calls', 'serve', { service: 'echo', concurrency: 1000, queue: 0 });
    mesh.run(1000);
    ask(a);
    mesh.run(20);
    const [nearest, other] = executionsAt(b).length === 1 ? [b, c] : [c, b];
    a.pipeTo(nearest).stuck = true;
    for (let i = 1; i < callLimits.callsPerNodeMax; i++) call(a);
    mesh.run(20);
    expect(executionsAt(other)).toEqual([]);
    call(a);
    mesh.run(20);
    expect(executionsAt(other).length).toBe(1);
  });

  test('is not called any more where nobody else offers it, and the caller is told', () => {
    const { nodes } = chain('a', 'b');
    const [a, b] = nodes as [TestNode, TestNode];
    a.pipeTo(b).stuck = true;
    for (let i = 0; i < callLimits.callsPerNodeMax; i++) call(a);
    const busy = { code: 'SKEIN_BUSY', message: expect.stringContaining('16384 calls or 128 MiB') };
    expect([call(a), call(a, { to: b.id })]).toMatchObject([busy, busy]);
  });

  test('holds up so many bytes of inputs', () => {
    const { mesh, nodes } = chain('a', 'b');
    const [a] = nodes as [TestNode];
    mesh.tamper = (bytes, from) => (from === a ? changed(bytes, () => []) : bytes);
    const input = new Uint8Array(callLimits.callBytesMax);
    const fitting = Math.floor(callLimits.callsBytesPerNodeMax / input.length);
    const codes = Array.from({ length: fitting + 1 }, () => {
      const called = call(a, { input });
      // What was sent is taken from the link's queue.
      mesh.run(1);
      return (called as Partial<Failure>).code;
    });
    expect(codes.indexOf('SKEIN_BUSY')).toBe(fitting);
  });
});

test('of answers that nobody fetches the oldest are dropped, and told as lost', () => {
  const { mesh, nodes } = chain('a', 'b');
  const [a, b] = nodes as [TestNode, TestNode];
  mesh.tamper = (bytes, from) =>
    from === b ? changed(bytes, (frame, raw) => (frame.type === CallType.reply ? [] : [raw])) : bytes;
  const large = new Uint8Array(900_000);
  const count = Math.ceil(callLimits.callsKeptBytesMax / large.length) + 5;
  for (let i = 0; i < count; i++) {
    ask(a, { timeoutMs: 60_000 });
    mesh.run(5);
    const execution = executionsAt(b).at(-1) as Execution;
    answer(b, execution, large);
  }
  mesh.tamper = (bytes) => bytes;
  mesh.run(10_000);
  const outcomes = outcomesAt(a);
  expect(outcomes.length).toBe(count);
  const lost = outcomes.filter(({ failure }) => failure?.code === 'SKEIN_LOST');
  expect(lost.length).toBeGreaterThanOrEqual(5);
  expect(lost.length).toBeLessThan(15);
  expect(outcomes.filter(({ output }) => output !== undefined).length).toBe(count - lost.length);
});
