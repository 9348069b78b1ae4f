/**
 * The example feature `examples/presence`: over real sockets, attached, in a mesh in memory and in the simulator.
 *
 * It is what docs/write-your-own-feature.md walks through. It uses the built package, as a program does. Needs dist.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { attach, createNode, type NodeOptions, serve } from 'skein';
import { type Behavior, nameProblem } from 'skein/kernel';
import { createTestMesh } from 'skein/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { presenceBehavior } from '../examples/presence/behavior.mjs';
import { decodeChanges, encodeChanges, merged } from '../examples/presence/changes.mjs';
import { presence } from '../examples/presence/feature.mjs';
import type { Change, PresenceShape } from '../examples/presence/shape.ts';
import { simulate } from '../examples/presence/simulation.mjs';

describe('presence in a mesh in memory', () => {
  test('every node sees the line of every other, until that node is gone', async () => {
    await using mesh = await createTestMesh();
    const ann = await mesh.start('ann', { features: [presence] });
    const bob = await mesh.start('bob', { features: [presence] });
    await mesh.run(bob.use(presence).set('at lunch'));
    await mesh.pass(1000);
    expect(await mesh.run(ann.use(presence).all())).toEqual({ bob: 'at lunch' });
    mesh.crash('bob');
    await mesh.pass(1000);
    expect(await mesh.run(ann.use(presence).all())).toEqual({});
  });

  test('a node that joins later has the history, also of nodes that have left', async () => {
    await using mesh = await createTestMesh();
    const ann = await mesh.start('ann', { features: [presence] });
    const bob = await mesh.start('bob', { features: [presence] });
    await mesh.run(ann.use(presence).set('here'));
    await mesh.run(bob.use(presence).set('here too'));
    await mesh.run(bob.use(presence).set(''));
    await mesh.run(bob.close());
    const cat = await mesh.start('cat', { features: [presence] });
    await mesh.pass(1000);
    expect((await mesh.run(cat.use(presence).history())).map(({ node, line }) => [node, line])).toEqual([
      ['ann', 'here'],
      ['bob', 'here too'],
      ['bob', ''],
    ]);
    expect(await mesh.run(cat.use(presence).all())).toEqual({ ann: 'here' });
  });

  test('a history holds the last 100 changes', async () => {
    await using mesh = await createTestMesh();
    const ann = await mesh.start('ann', { features: [presence] });
    for (let i = 0; i < 130; i++) await mesh.run(ann.use(presence).set(`line ${i}`));
    const bob = await mesh.start('bob', { features: [presence] });
    await mesh.pass(1000);
    const history = await mesh.run(bob.use(presence).history());
    expect([history.length, history[0]?.line, history.at(-1)?.line]).toEqual([100, 'line 30', 'line 129']);
  });

  test('watching ends with its signal, and with the node', async () => {
    await using mesh = await createTestMesh();
    const ann = await mesh.start('ann', { features: [presence] });
    const leave = new AbortController();
    const [short, long] = [ann.use(presence).watch({ signal: leave.signal }), ann.use(presence).watch()];
    await mesh.run(ann.use(presence).set('one'));
    leave.abort();
    await mesh.run(ann.use(presence).set('two'));
    await mesh.run(ann.close());
    const linesOf = async (stream: AsyncIterable<Change>) => {
      const lines: string[] = [];
      for await (const { line } of stream) lines.push(line);
      return lines;
    };
    expect([await linesOf(short), await linesOf(long)]).toEqual([['one'], ['one', 'two']]);
  });

  test('what a member sends that is no change does no harm, and it cannot set the line of another', async () => {
    const garbage = new Uint8Array([200, 1, 2, 3]);
    const forged = encodeChanges([{ node: 'ann', line: 'forged', at: 1 }]);
    const mallory = (): Behavior => ({
      name: 'presence',
      lifecycle: { started: (agent) => agent.announce(forged) },
      links: {
        incomingUp: (agent, { link, id }) => void agent.sendVia(link, id, garbage, { type: 2 }),
        outgoingUp: (agent, { link, id }) => void agent.sendVia(link, id, garbage, { type: 2 }),
      },
      timers: { tick: (agent) => agent.announce(agent.now % 2000 < 1000 ? garbage : forged) },
    });
    await using mesh = await createTestMesh();
    const ann = await mesh.start('ann', { features: [presence] });
    await mesh.run(ann.use(presence).set('mine'));
    await mesh.start('mallory', { behaviors: () => [mallory()] });
    await mesh.until(() => mesh.now > 10_000);
    expect((await mesh.run(ann.use(presence).all())).ann).toBe('mine');
    expect((await mesh.run(ann.status())).troubles).toEqual([]);
  });
});

describe('changes as bytes', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).filter((text) => nameProblem(text) === undefined);
  const line = fc
    .string({ unit: 'grapheme' })
    .filter((text) => Buffer.byteLength(text) <= 160 && !/[\p{Cc}\p{Cs}]/u.test(text));
  const changes = fc.array(fc.record({ node: name, line, at: fc.maxSafeNat() }), { maxLength: 100 });

  test('come back as they were', () => {
    fc.assert(
      fc.property(changes, (list) => {
        expect(decodeChanges(encodeChanges(list))).toEqual(list);
      }),
    );
  });

  test('that a peer made up are refused without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const list = decodeChanges(bytes);
        if (list !== undefined) expect(decodeChanges(encodeChanges(list))).toEqual(list);
      }),
    );
  });

  test('are refused with names that no node has, control characters, or more than fits', () => {
    const sound = { node: 'ann', line: 'busy', at: 1 };
    const bad = [{ node: 'a b' }, { line: '\u0007' }, { line: 'x'.repeat(161) }, { node: 'n'.repeat(65) }];
    expect(decodeChanges(encodeChanges([sound]))).toEqual([sound]);
    for (const change of bad) expect(decodeChanges(encodeChanges([{ ...sound, ...change }]))).toBeUndefined();
    expect(decodeChanges(encodeChanges(Array.from({ length: 101 }, () => sound)))).toBeUndefined();
  });

  test('make the same history in whatever order they are heard', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const distinct = new Set([...a, ...b].map(({ at, node }) => `${at} ${node}`)).size;
        fc.pre(distinct === a.length + b.length);
        expect(merged(merged([], a), b)).toEqual(merged(merged([], b), a));
      }),
    );
  });
});

describe('presence over real sockets', () => {
  let folder: string;
  const made: AsyncDisposable[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'skein-presence-'));
  });
  afterAll(async () => {
    for (const each of made) await each[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const start = async (name: string, options: NodeOptions = {}) => {
    const node = await createNode({ name, udp: false, folder, features: [presence], key: false, ...options });
    made.push(node);
    return node;
  };

  test('three nodes see each other, and an attached program what they do', async () => {
    const [ann, bob] = [await start('ann'), await start('bob')];
    await ann.ready({ count: 2, timeoutMs: 10_000 });
    const control = join(folder, 'ann.control');
    await serve(ann, { control });
    const client = await attach({ control });
    made.push(client);
    const status = client.use(presence);
    const changes = status.watch();
    await changes.opened;
    const first = await status.set('busy');
    const second = await bob.use(presence).set('at lunch');
    expect([first.node, second.node]).toEqual(['ann', 'bob']);
    const heard: Change[] = [];
    for await (const change of changes) if (heard.push(change) === 2) break;
    expect(heard).toEqual([first, second]);
    expect(await status.all()).toEqual({ ann: 'busy', bob: 'at lunch' });

    const third = await status.set('here again');
    const late = (await start('late')).use(presence);
    // The first change is no current line any more: a neighbor has told of it.
    await vi.waitFor(async () => expect(await late.history()).toEqual([first, second, third]), 10_000);
    await vi.waitFor(async () => expect(await late.all()).toEqual({ ann: 'here again', bob: 'at lunch' }));
    expect(await status.history()).toEqual([first, second, third]);
  }, 20_000);

  test('a line that does not fit is refused in the same words here and attached', async () => {
    const node = await start('dan');
    const control = join(folder, 'dan.control');
    await serve(node, { control });
    const client = await attach({ control });
    made.push(client);
    for (const each of [node, client]) {
      await expect(each.use(presence).set('a\nb')).rejects.toMatchObject({
        code: 'SKEIN_INVALID',
        message: 'line: control characters are not accepted',
      });
    }
  });
});

describe('presence under crashes and partitions', () => {
  test.each([1, 2, 3, 4])('all nodes see the same in the end, with seed %i', async (seed) => {
    expect(await simulate(seed)).toEqual([]);
  });

  const changed = (change: (sound: Behavior<PresenceShape>) => Behavior<PresenceShape>) => ({
    ...presence,
    behavior: () => change(presenceBehavior()),
  });
  test.each([
    ['tells no neighbor what it knows', changed(({ frames: _, ...rest }) => rest)],
    ['asks no neighbor', changed(({ links: _, ...rest }) => rest)],
    ['hears no announcement', changed(({ mesh: _, ...rest }) => rest)],
    [
      'keeps the line of a node that is gone',
      changed((sound) => ({
        ...sound,
        mesh: {
          announced: (agent, id, section) => section && sound.mesh?.announced?.(agent, id, section),
        },
      })),
    ],
  ])('the checker notices a behavior that %s', async (_what, broken) => {
    expect(await simulate(1, broken)).not.toEqual([]);
  });
});
