/**
 * Two nodes of one name that cannot see each other's runtime folder, as on two hosts: each real, with a hub
 * that both dial. However soon the second follows the first, it is the second that ends.
 */
import { expect, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { SkeinNode } from '../../src/node/node.ts';

const apart = { discovery: false, degree: 0 } as const;
/** More than it takes to ask a node twice. */
const settledMs = 2500;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** With what each has ended: undefined while it lives. */
class Ends {
  private readonly codes = new Map<SkeinNode, string>();

  watch(node: SkeinNode): SkeinNode {
    node.events.addEventListener('close', ({ detail }) => {
      this.codes.set(node, detail.error?.code ?? 'closed');
    });
    return node;
  }

  of(...nodes: SkeinNode[]): (string | undefined)[] {
    return nodes.map((node) => this.codes.get(node));
  }
}

async function hubAndAddress(name: string): Promise<{ hub: SkeinNode; connect: string[] }> {
  const hub = await createNode({ name, ...apart });
  return { hub, connect: (await hub.status()).addresses.slice(0, 1) };
}

async function outcomeOf(gapMs: number): Promise<(string | undefined)[]> {
  const { hub, connect } = await hubAndAddress('hub');
  const ends = new Ends();
  const first = ends.watch(await createNode({ name: 'same', connect, ...apart }));
  await first.ready({ nodes: ['hub'] });
  await wait(gapMs);
  const second = ends.watch(await createNode({ name: 'same', connect, ...apart }));
  await wait(settledMs);
  const outcome = ends.of(first, second);
  await Promise.all([first, second, hub].map((node) => node.close({ drainMs: 0 })));
  return outcome;
}

test('of two nodes of one name the second ends, however soon it follows the first', async () => {
  const gapsMs = [0, 1, 20, 150, 400, 700, 950, 1050, 2000];
  const outcomes = await Promise.all(gapsMs.map(async (gapMs) => [gapMs, await outcomeOf(gapMs)]));
  expect(outcomes).toEqual(gapsMs.map((gapMs) => [gapMs, [undefined, 'SKEIN_NAME_TAKEN']]));
}, 15_000);

test('of two that start at once exactly one ends, and the other is in the mesh', async () => {
  const { hub, connect } = await hubAndAddress('hub');
  const ends = new Ends();
  const twins = await Promise.all(
    [1, 2].map(async () => ends.watch(await createNode({ name: 'same', connect, ...apart }))),
  );
  await wait(settledMs);
  expect(ends.of(...twins).sort()).toEqual(['SKEIN_NAME_TAKEN', undefined]);
  const [living] = twins.filter((twin) => ends.of(twin)[0] === undefined);
  expect((await hub.nodes()).map(({ instance }) => instance)).toContain(living?.instance);
  await Promise.all([...twins, hub].map((node) => node.close({ drainMs: 0 })));
}, 15_000);

test('a newcomer does not evict a node that is back for half a second after it was killed', async () => {
  const { hub, connect } = await hubAndAddress('hub');
  const ends = new Ends();
  const before = await createNode({ name: 'same', connect, ...apart });
  await before.ready({ nodes: ['hub'] });
  before.kill();
  const back = ends.watch(await createNode({ name: 'same', connect, ...apart }));
  await back.ready({ nodes: ['hub'] });
  await wait(500);
  const newcomer = ends.watch(await createNode({ name: 'same', connect, ...apart }));
  await wait(settledMs);
  expect(ends.of(back, newcomer)).toEqual([undefined, 'SKEIN_NAME_TAKEN']);
  expect((await hub.send('same', 'still you?')).delivered).toEqual(['same']);
  await Promise.all([back, newcomer, hub].map((node) => node.close({ drainMs: 0 })));
}, 15_000);
