/** Each checker of safety can fail: shown by a broken node or a violation made by hand. */
import { expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeFrame, RouteKind } from '../../src/kernel/wire/frame.ts';
import type { SendResult } from '../../src/node/node.ts';
import { type Life, type Member, partition, twin } from '../../src/sim/index.ts';
import { checkLinks } from '../../src/sim/world/checkers/checkers.ts';
import { checkNamesUnique } from '../../src/sim/world/checkers/namesakes.ts';
import { TestStage } from './stage.ts';

function lifeOf(stage: TestStage, name: string): Life {
  return stage.mesh.member(name)?.life as Life;
}

/** What observers are told, as if the program of this life had been. */
function tellLost(stage: TestStage, name: string, lost: string, reason = 'lost'): void {
  stage.mesh.tell((observer) => observer.lost?.(lifeOf(stage, name), lost, reason));
}

test('a node that is told gone while links stand is a false death', async () => {
  const stage = await new TestStage().start(4);
  tellLost(stage, 'n1', 'n3');
  expect(stage.world.failures.join()).toContain('n1 was told that n3 is gone (lost)');
  stage.mesh.killAll();
});

test('a node that is told gone is none where a partition was, or the node is dead', async () => {
  const stage = await new TestStage().start(4);
  await stage.suffer(partition([stage.mesh.member('n3') as Member]), 6000);
  tellLost(stage, 'n1', 'n3');
  await stage.pass(10_000);
  stage.mesh.crash(stage.mesh.member('n4') as Member);
  await stage.world.run(2000);
  expect(stage.world.failures).toEqual([]);
  stage.mesh.killAll();
});

test('a link that falls although nothing touched it is told', async () => {
  const stage = await new TestStage().start(4);
  const { links } = await stage.world.resolve(lifeOf(stage, 'n1').node.status());
  const neighbor = links[0]?.node as string;
  stage.mesh.tell((observer) => observer.linkDown?.(lifeOf(stage, 'n1'), neighbor, 'silent'));
  expect(stage.world.failures.join()).toContain(`the link of n1 to ${neighbor} went down (silent)`);
  stage.mesh.killAll();
});

test('a link that a connection cut in the middle brought down is no failure', async () => {
  const stage = await new TestStage().start(4);
  for (const stream of [...stage.mesh.network.streams]) stream.cut('both');
  await stage.world.run(5000);
  expect(stage.world.failures).toEqual([]);
  stage.mesh.killAll();
});

test('a leaver that is told lost where its goodbye must have come is told', async () => {
  const stage = await new TestStage().start(5);
  stage.mesh.leaveSoon(stage.mesh.member('n2') as Member);
  await stage.world.run(100);
  expect(stage.world.failures).toEqual([]);
  tellLost(stage, 'n1', 'n2', 'lost');
  expect(stage.world.failures.join()).toContain('n1 was told that n2, which left, is lost');
  stage.mesh.killAll();
});

test('whoever bears the name of one that left is not taken for it', async () => {
  const stage = await new TestStage().start(5);
  stage.mesh.leaveSoon(stage.mesh.member('n2') as Member);
  await stage.pass(5000);
  stage.mesh.start(stage.mesh.add({ name: 'heir', nodeName: 'n2' }));
  await stage.pass(20_000);
  tellLost(stage, 'n1', 'n2');
  expect(stage.world.failures.join()).toContain('n1 was told that n2 is gone (lost)');
  stage.mesh.killAll();
});

// ── frames ──────────────────────────────────────────────────────────────────────────────────────────

/** A message's frame from n1 to a node that is nowhere, with this ttl. */
function messageFrame(stage: TestStage, ttl: number): Uint8Array {
  const header = {
    kind: RouteKind.node,
    type: 1,
    feature: featureNumber('messaging'),
    destination: 1,
    source: lifeOf(stage, 'n1').node.id,
    sequence: 7777,
    flags: 0,
    ttl,
  };
  return encodeFrame(header, new Uint8Array(32));
}

function hop(stage: TestStage, from: string, to: string, ttl: number): void {
  const { host } = stage.mesh.member(to) as Member;
  const bytes = messageFrame(stage, ttl);
  stage.mesh.tell((observer) => observer.wrote?.(lifeOf(stage, from), host, bytes));
}

test('a frame that goes in a circle while no link has changed is a routing loop, traced or not', async () => {
  const stage = await new TestStage().start(4);
  hop(stage, 'n1', 'n2', limits.ttlHops);
  hop(stage, 'n2', 'n3', limits.ttlHops - 1);
  hop(stage, 'n3', 'n4', limits.ttlHops - 2);
  expect(stage.world.failures).toEqual([]);
  hop(stage, 'n4', 'n2', limits.ttlHops - 3);
  hop(stage, 'n2', 'n3', limits.ttlHops - 4);
  expect(stage.world.failures.join()).toContain('has been here before: n1 n2 n3 n4 n2');
  stage.mesh.killAll();
});

test('a frame handed back to where it came from is told, whatever has changed', async () => {
  const stage = await new TestStage().start(4);
  for (const stream of [...stage.mesh.network.streams]) stream.cut('both');
  hop(stage, 'n1', 'n2', limits.ttlHops);
  hop(stage, 'n2', 'n1', limits.ttlHops - 1);
  expect(stage.world.failures.join()).toContain('goes back to where it came from');
  stage.mesh.killAll();
});

test('a hop that does not count the ttl down is told', async () => {
  const stage = await new TestStage().start(4);
  hop(stage, 'n1', 'n2', limits.ttlHops);
  hop(stage, 'n2', 'n3', limits.ttlHops);
  expect(stage.world.failures.join()).toContain(`has ttl ${limits.ttlHops}, which no hop gave it`);
  stage.mesh.killAll();
});

test('a write that the watch of frames cannot read is told', async () => {
  const stage = await new TestStage().start(2);
  const { host } = stage.mesh.member('n2') as Member;
  const bytes = messageFrame(stage, limits.ttlHops).subarray(1);
  stage.mesh.tell((observer) => observer.wrote?.(lifeOf(stage, 'n1'), host, bytes));
  expect(stage.world.failures.join()).toContain('n1 wrote what is not made of whole frames');
  stage.mesh.killAll();
});

// ── names ───────────────────────────────────────────────────────────────────────────────────────────

test('the older of two of one name ends: a failure; the younger: none', async () => {
  const stage = await new TestStage().start(4);
  const { mesh } = stage;
  mesh.network.addRule({ name: 'apart', blocks: (from, to) => from.name === 'twin' || to.name === 'twin' });
  const younger = mesh.start(mesh.add({ name: 'twin', nodeName: 'n1' }));
  const taken = { code: 'SKEIN_NAME_TAKEN', message: '' };
  const answers = (life: Life) => mesh.observers.map((observer) => observer.ended?.(life, taken));
  expect(answers(younger)).toContain(true);
  expect(answers(lifeOf(stage, 'n1'))).not.toContain(true);
  expect(checkNamesUnique(mesh)).toEqual(['two nodes are called n1']);
  mesh.killAll();
});

test('of two islands the namesake of the larger one ends: a failure, though it is the younger; that of the smaller: none', async () => {
  const stage = await new TestStage().start(6);
  const { mesh } = stage;
  const island = ['n3', 'n4', 'n5', 'n6'].map((name) => mesh.member(name) as Member);
  await stage.suffer(twin(mesh.member('n1') as Member, island), 12_000);
  const [older, younger] = mesh.livesNamed('n1') as [Life, Life];
  const isExcused = (life: Life) =>
    mesh.observers.some((observer) => observer.ended?.(life, { code: 'SKEIN_NAME_TAKEN', message: '' }));
  expect([isExcused(older), isExcused(younger)]).toEqual([true, false]);
  mesh.killAll();
});

const knowAllMs = 300;

test('sizes count as they were before the islands met, not what both know since', async () => {
  const stage = await new TestStage().start(6);
  const { mesh, world } = stage;
  const island = ['n4', 'n5', 'n6'].map((name) => mesh.member(name) as Member);
  const fault = twin(mesh.member('n1') as Member, island);
  fault.start(mesh);
  await stage.pass(12_000);
  const [older, younger] = mesh.livesNamed('n1') as [Life, Life];
  const answers = new Map<Life, boolean>();
  const isExcused = (life: Life) =>
    mesh.observers.some((observer) => observer.ended?.(life, { code: 'SKEIN_NAME_TAKEN', message: '' }));
  const look = () => {
    if (answers.size > 0) return;
    expect(mesh.livesNamed('n1').map(({ knows }) => knows.size)).toEqual([5, 5]);
    for (const one of [older, younger]) answers.set(one, isExcused(one));
  };
  mesh.observers.push({
    // A moment after the older hears of the merge all know all, and both namesakes are still there.
    knew: (life, name) => {
      if (life === older && name === 'n4') world.after(knowAllMs, look);
    },
  });
  fault.end(mesh);
  await world.run(15_000);
  expect([answers.get(older), answers.get(younger)]).toEqual([true, false]);
  mesh.killAll();
});

/** As if the program of this life had been told that its name is taken, and had ended for it. */
function endForItsName({ node }: Life): void {
  const error = { code: 'SKEIN_NAME_TAKEN', message: 'made up' } as const;
  const target = node.events as unknown as { emit(type: string, detail: unknown): void };
  target.emit('close', { error });
}

test('two of one name that are as old as each other do not both end', async () => {
  const { mesh, world } = new TestStage();
  mesh.network.addRule({ name: 'apart', blocks: () => true });
  const lives = ['n1', 'twin'].map((name) => mesh.start(mesh.add({ name, nodeName: 'n1' })));
  await world.run(1000);
  const [one, other] = lives as [Life, Life];
  endForItsName(one);
  expect(world.failures).toEqual([]);
  endForItsName(other);
  expect(world.failures.join()).toContain('twin ended by itself: SKEIN_NAME_TAKEN');
  for (const { platform } of lives) platform.stop('end');
});

test('a node that ends by itself without a namesake is a failure', async () => {
  const stage = await new TestStage().start(3);
  const life = lifeOf(stage, 'n1');
  endForItsName(life);
  expect(stage.world.failures.join()).toContain('n1 ended by itself: SKEIN_NAME_TAKEN: made up');
  life.platform.stop('end');
  stage.mesh.killAll();
});

// ── queues, views, memory ───────────────────────────────────────────────────────────────────────────

test('a queue above its limit, and more links than allowed, are told', async () => {
  const stage = await new TestStage().start(2);
  const life = lifeOf(stage, 'n1');
  const status = await stage.world.resolve(life.node.status());
  expect(checkLinks(life, status)).toEqual([]);
  const [link] = status.links;
  if (link === undefined) throw new Error('no link');
  const full = { ...link, queuedBytes: limits.linkQueueBytesMax + limits.frameBytesMax + 1 };
  expect(checkLinks(life, { ...status, links: [full] }).join()).toContain('queues');
  const many = Array.from({ length: limits.linksMax + 1 }, () => link);
  expect(checkLinks(life, { ...status, links: many }).join()).toContain(`has ${limits.linksMax + 1} links`);
  stage.mesh.killAll();
});

test('queues are looked at while a socket takes nothing, not only now and then', async () => {
  const stage = await new TestStage(1, { network: { bytesPerSecond: 1000 } }).start(2);
  const life = lifeOf(stage, 'n1');
  await stage.safety.look();
  let asked = 0;
  const { status } = life.node;
  Object.assign(life.node, {
    status: () => {
      asked++;
      return status.call(life.node);
    },
  });
  for (let i = 0; i < 40; i++) void life.node.send('n2', new Uint8Array(200_000)).catch(() => undefined);
  await stage.world.run(100);
  expect(life.platform.hasBacklog).toBe(true);
  await stage.safety.look();
  expect(asked).toBe(1);
  stage.mesh.killAll();
});

test('a node whose hops do not fit its own topology is told', async () => {
  const stage = await new TestStage().start(4);
  const life = lifeOf(stage, 'n1');
  const { nodes } = life.node;
  Object.assign(life.node, {
    nodes: async (options?: { all?: boolean }) =>
      (await nodes.call(life.node, options)).map((node) =>
        node.name === 'n4' ? { ...node, hops: 9 } : node,
      ),
  });
  await stage.pass(40_000);
  expect(stage.world.failures.join()).toContain('n1 puts n4 at 9 hops');
  stage.mesh.killAll();
});

test('a node that leaves somebody out whom its own topology reaches is told', async () => {
  const stage = await new TestStage().start(4);
  const life = lifeOf(stage, 'n1');
  const { nodes } = life.node;
  Object.assign(life.node, {
    nodes: async (options?: { all?: boolean }) =>
      (await nodes.call(life.node, options)).filter(({ name }) => name !== 'n4'),
  });
  await stage.pass(40_000);
  expect(stage.world.failures.join()).toContain('n1 puts n4 at undefined hops');
  stage.mesh.killAll();
});

test('a node that has forgotten somebody it knew, or keeps records of nobody, is told', async () => {
  const stage = await new TestStage().start(4);
  expect(await stage.safety.checkMemory()).toEqual([]);
  const life = lifeOf(stage, 'n2');
  const { nodes } = life.node;
  Object.assign(life.node, {
    nodes: async (options?: { all?: boolean }) =>
      (await nodes.call(life.node, options)).filter(({ name }) => name !== 'n3'),
  });
  stage.mesh.namesEver.delete('n1');
  const problems = await stage.safety.checkMemory();
  expect(problems).toContain('n2 has forgotten n3');
  expect(problems).toContain('n4 keeps 4 records of 3 names that ever were');
  stage.mesh.killAll();
});

// ── messages ────────────────────────────────────────────────────────────────────────────────────────

function result(part: Partial<SendResult>): SendResult {
  const { delivered = [], missing = [] } = part;
  return { id: 1, delivered, missing, deliveredCount: delivered.length, missingCount: missing.length };
}

test('a receipt of what the program never gets is told, at once or, of a slow reader, in the end', async () => {
  const stage = await new TestStage().start(3);
  const message = stage.ledger.sent(lifeOf(stage, 'n1'), ['n2'], 10);
  stage.ledger.resolved(message, result({ delivered: ['n2'] }));
  await stage.world.run(1000);
  expect(stage.world.failures.join()).toContain('has a receipt of n2, whose program never got it');
  stage.mesh.killAll();
});

test.each(['timeout', 'no-route', 'lost', 'refused', 'busy'] as const)(
  'a message that misses somebody who could be reached all along is told: %s',
  async (reason) => {
    const stage = await new TestStage().start(3);
    const message = stage.ledger.sent(lifeOf(stage, 'n1'), ['n2'], 10);
    stage.ledger.resolved(message, result({ missing: [{ node: 'n2', reason }] }));
    expect(stage.world.failures.join()).toContain(`did not reach n2 (${reason})`);
    stage.mesh.killAll();
  },
);

test('a broadcast that says nothing of somebody in reach, or counts wrongly, is told', async () => {
  const stage = await new TestStage().start(4);
  const one = lifeOf(stage, 'n1');
  const missing = ['n2', 'n3', 'n4'].map((node) => ({ node, reason: 'aborted' }) as const);
  stage.ledger.resolved(stage.ledger.sent(one, undefined, 10), result({ missing }));
  expect(stage.world.failures).toEqual([]);
  stage.ledger.resolved(stage.ledger.sent(one, undefined, 10), result({ missing: missing.slice(1) }));
  expect(stage.world.failures.join()).toContain('went to n3 n4 n2 and was accounted for as n3 n4');
  stage.ledger.resolved(stage.ledger.sent(one, undefined, 10), {
    ...result({ missing }),
    deliveredCount: 1,
  });
  expect(stage.world.failures).toHaveLength(2);
  stage.mesh.killAll();
});

test('a message that misses somebody behind a partition is no failure', async () => {
  const stage = await new TestStage().start(3);
  await stage.suffer(partition([stage.mesh.member('n2') as Member]), 5000);
  const missing = [{ node: 'n2', reason: 'timeout' }] as const;
  stage.ledger.resolved(stage.ledger.sent(lifeOf(stage, 'n1'), ['n2'], 10), result({ missing }));
  expect(stage.world.failures).toEqual([]);
  stage.mesh.killAll();
});

test('a send that is not resolved long after its time limit is told', async () => {
  const stage = await new TestStage().start(3);
  stage.ledger.sent(lifeOf(stage, 'n1'), ['n2'], 10);
  await stage.world.run(messagingLimits.sendTimeoutMs);
  stage.ledger.checkOverdue();
  expect(stage.world.failures).toEqual([]);
  await stage.world.run(5000);
  stage.ledger.checkOverdue();
  expect(stage.world.failures.join()).toContain('is not resolved long after its time limit');
  stage.mesh.killAll();
});
