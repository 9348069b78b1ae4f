/** The outbox of an author under virtual time: letters that the swarm cannot take, and copies of those that it has. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { LetterOptions, UndeliveredLetter } from '../../src/features/letters/api.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import type { Table } from '../../src/stores/collections.ts';
import { formations, handled, keptElsewhere } from './formations.ts';

const limitMs = 30_000;
const formation = formations();

/** The swarm is kept on the machine of the first broker; `a` and `b` are of the other one. */
async function twoMachines(seed: number) {
  const both = await keptElsewhere(formation, seed, 'first');
  const { made, kept, left } = both;
  const lose = async () => {
    for (const member of kept) made.mesh.crash(member);
    await made.agreed(
      left.filter(({ life }) => life !== undefined),
      limitMs,
    );
    await made.world.run(1000);
  };
  const comeBack = (): void => {
    for (const member of kept) made.mesh.start(member);
  };
  return { ...both, lose, comeBack };
}

test('what is in the outbox outlasts a broker whose claims of the store end in the unknown', async () => {
  const made = await formation({ seed: 9, nodes: 3 });
  const { broker } = made;
  const [a, b] = made.others as [Member, Member];
  const letters = handled(lifeOf(b));
  const undelivered: UndeliveredLetter[] = [];
  const { disk } = broker.member.host;
  made.mesh.crash(broker.member);
  disk.failShare = 1;
  const sent = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'kept'));
  expect(sent.where).toBe('outbox');
  // No broker has seen it, as far as the next incarnation knows.
  made.mesh.crash(a);
  made.mesh.start(a);
  lifeOf(a).node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail));
  await made.world.run(10_000);
  disk.failShare = 0;
  await made.until(() => letters.length === 1, 'it arrives');
  expect(undelivered).toEqual([]);
});

/** What is in the outbox of a member, on its disk. */
function rowsOf({ host }: Member): number {
  const { letters } = host.ownDisk.content.get('letters') as { letters: Table<number, unknown> };
  return [...letters.rows()].length;
}

test('a letter that the swarm cannot take goes into the outbox at once, and arrives under its id', async () => {
  const { made, a, b, lose, comeBack } = await twoMachines(1);
  await lose();
  const began = made.world.now;
  const sent = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'second'));
  expect(sent).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    n: 0,
    isRepeat: false,
    where: 'outbox',
  });
  expect(made.world.now - began).toBeLessThan(500);
  const waiting = [
    { id: sent.id, to: [b.nodeName], type: 'letter', sentAt: expect.any(Number), bytes: expect.any(Number) },
  ];
  expect(await lifeOf(a).node.letters.outbox()).toEqual(waiting);
  expect(rowsOf(a)).toBe(1);
  const letters = handled(lifeOf(b));
  comeBack();
  await made.until(() => letters.length === 2, 'the letters arrive');
  // Its author hears of it a moment later than their recipient.
  await made.world.run(100);
  expect(await lifeOf(a).node.letters.outbox()).toEqual([]);
  expect(letters.map(({ body }) => body)).toEqual(['first', 'second']);
  expect(letters[1]?.id).toBe(sent.id);
  const status = await made.world.resolve(lifeOf(a).node.letters.status(sent.id));
  expect(status).toMatchObject({ id: sent.id, from: a.nodeName });
});

test('what is in the outbox survives its node, and comes before what is sent later', async () => {
  const { made, a, b, lose, comeBack } = await twoMachines(2);
  await lose();
  const bodies = Array.from({ length: 700 }, (_, i) => i);
  const sent = await made.world.resolve(
    Promise.all(bodies.map((i) => lifeOf(a).node.letters.send(b.nodeName, i))),
  );
  expect(new Set(sent.map(({ where }) => where))).toEqual(new Set(['outbox']));
  made.mesh.crash(a);
  comeBack();
  await made.world.run(5000);
  const letters = handled(lifeOf(b));
  made.mesh.start(a);
  const later = lifeOf(a).node.letters.send(b.nodeName, 700, { allowUnknown: true });
  expect((await made.world.resolve(later, limitMs)).where).toBe('store');
  await made.until(() => letters.length === 702, 'the letters arrive');
  expect(letters.slice(1).map(({ body }) => body)).toEqual([...bodies, 700]);
  expect(letters.slice(1, 701).map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
  // Nothing is left of it there.
  made.mesh.crash(a);
  made.mesh.start(a);
  await made.world.run(10_000);
  expect(letters.length).toBe(702);
  expect(rowsOf(a)).toBe(0);
});

test('without a broker that answers a letter is in the outbox after 2 s', async () => {
  const { made, kept, a, b } = await twoMachines(3);
  for (const { life } of made.mesh.members)
    if (life !== undefined && kept.includes(life.member)) life.platform.loop.pause();
  const began = made.world.now;
  const sent = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'second'));
  expect(sent.where).toBe('outbox');
  expect(made.world.now - began).toBeGreaterThanOrEqual(letterLimits.letterOutboxAfterMs);
  expect(made.world.now - began).toBeLessThan(letterLimits.letterOutboxAfterMs + 500);
});

test('a letter of the outbox that is refused later, or expires there, is reported', async () => {
  const { made, a, lose, comeBack } = await twoMachines(4);
  await lose();
  const undelivered: UndeliveredLetter[] = [];
  lifeOf(a).node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail));
  const stranger = await made.world.resolve(lifeOf(a).node.letters.send('nobody', 'x'));
  const short = await made.world.resolve(
    lifeOf(a).node.letters.send('nobody', 'y', { expiresMs: 3000, allowUnknown: true }),
  );
  await made.world.run(5000);
  comeBack();
  await made.until(() => undelivered.length === 2, 'both are reported');
  expect(undelivered).toEqual([
    { id: short.id, recipient: 'nobody', state: 'expired', reason: expect.stringContaining('outbox') },
    { id: stranger.id, recipient: 'nobody', state: 'refused', reason: expect.stringContaining('nobody') },
  ]);
});

test('what has ended in the outbox while nobody listened is said once somebody does', async () => {
  const { made, a, lose, comeBack } = await twoMachines(5);
  await lose();
  const { node } = lifeOf(a);
  const options = { expiresMs: 3000, allowUnknown: true };
  const { id } = await made.world.resolve(node.letters.send('nobody', 'y', options));
  await made.world.run(5000);
  comeBack();
  await made.world.run(10_000);
  expect(await made.world.resolve(node.letters.outbox())).toEqual([]);
  const undelivered: string[] = [];
  node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail.id));
  // The listener is called after it was added.
  expect(undelivered).toEqual([]);
  await made.world.run(1);
  expect(undelivered).toEqual([id]);
  node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail.id));
  await made.world.run(5000);
  expect(undelivered).toEqual([id]);
});

/** What a watch of a letter gives: its id, place and states. */
function watched({ node }: Life, id: string) {
  const seen: string[] = [];
  const watching = { seen, isEnded: false };
  void (async () => {
    for await (const { id: now, n, recipients } of node.letters.watch(id))
      seen.push(
        [now === id ? 'same' : now, n, ...recipients.map(({ name, state }) => `${name} ${state}`)].join(' '),
      );
    watching.isEnded = true;
  })();
  return watching;
}

test('a letter in the outbox is shown and watched as such, with nobody to ask; then as the store has it, or as it ended', async () => {
  const { made, a, b, lose, comeBack } = await twoMachines(8);
  await lose();
  const { letters } = lifeOf(a).node;
  const send = async (to: string, body: string, options: LetterOptions = {}) =>
    (await made.world.resolve(letters.send(to, body, options))).id;
  const waits = await send(b.nodeName, 'waits');
  const stranger = await send('nobody', 'x');
  const short = await send('nobody', 'y', { expiresMs: 3000, allowUnknown: true });
  const toAll = (await made.world.resolve(letters.broadcast('all'))).id;
  expect(await made.world.resolve(letters.status(waits))).toEqual({
    ...{ id: waits, n: 0, from: a.nodeName, type: 'letter', sentAt: expect.any(Number), bytes: 6 },
    recipients: [{ name: b.nodeName, state: 'outbox', attempts: 0 }],
  });
  expect((await made.world.resolve(letters.status(toAll)))?.recipients).toMatchObject([{ name: '*' }]);
  expect(await made.world.resolve(letters.body(waits))).toEqual({ body: 'waits' });
  const all = [waits, stranger, short].map((id) => watched(lifeOf(a), id));
  await made.world.run(5000);
  comeBack();
  await made.until(() => all.slice(1).every(({ isEnded }) => isEnded), 'two have ended');
  const got = handled(lifeOf(b));
  await made.until(() => all.every(({ isEnded }) => isEnded), 'all have ended');
  expect(all.map(({ seen }) => seen)).toEqual([
    [`same 0 ${b.nodeName} outbox`, `same 2 ${b.nodeName} stored`, `same 2 ${b.nodeName} delivered`],
    ['same 0 nobody outbox', 'same 0 nobody refused'],
    ['same 0 nobody outbox', 'same 0 nobody expired'],
  ]);
  expect(got.map(({ id }) => id)).toContain(waits);
  const ended = await made.world.resolve(letters.status(stranger));
  expect(ended?.recipients).toMatchObject([{ state: 'refused', reason: expect.stringContaining('nobody') }]);
});

test('a letter of the outbox that an earlier incarnation had stored is found under both ids', async () => {
  const { made, a, b, lose, comeBack } = await twoMachines(9);
  const send = () => lifeOf(a).node.letters.send(b.nodeName, 'once', { idempotencyKey: 'k' });
  const first = await made.world.resolve(send());
  made.mesh.crash(a);
  await lose();
  made.mesh.start(a);
  await made.world.run(2000);
  const second = await made.world.resolve(send(), limitMs);
  expect([second.where, second.id === first.id]).toEqual(['outbox', false]);
  const watching = watched(lifeOf(a), second.id);
  comeBack();
  await made.until(() => watching.seen.length === 2, 'it is known what it was');
  expect(watching.seen).toEqual([
    `same 0 ${b.nodeName} outbox`,
    `${first.id} ${first.n} ${b.nodeName} stored`,
  ]);
  expect(await made.world.resolve(lifeOf(a).node.letters.status(second.id))).toMatchObject({ id: first.id });
  handled(lifeOf(b));
  await made.until(() => watching.isEnded, 'it is delivered');
});

test('a letter of the outbox expires no earlier where the clock of its author is set by a day', async () => {
  const { made, a, b, lose, comeBack } = await twoMachines(7);
  await lose();
  const halfDay = 12 * 3_600_000;
  await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'second', { expiresMs: halfDay }));
  lifeOf(a).platform.clock.jumpWall(2 * halfDay);
  const letters = handled(lifeOf(b));
  comeBack();
  await made.until(() => letters.length === 2, 'both letters arrive');
  expect(letters.map(({ body }) => body)).toEqual(['first', 'second']);
});

test('with two copies a letter outlives the disk of the store, and only while it is not handled', async () => {
  const { made, kept, a, b, left } = await twoMachines(5);
  const letters = handled(lifeOf(b));
  const options = { copies: 2 as const };
  const done = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'handled', options));
  expect(done.where).toBe('both');
  await made.until(() => letters.length === 2, 'it is handled');
  const [c] = kept as [Member];
  const waits = await made.world.resolve(
    lifeOf(a).node.letters.send('late', 'waits', { ...options, allowUnknown: true }),
  );
  const once = await made.world.resolve(lifeOf(a).node.letters.send('late', 'lost', { allowUnknown: true }));
  // What has ended is asked for, and given up.
  await made.world.run(2 * letterLimits.letterCopiesAskMs);
  // Also over a restart of its author.
  made.mesh.crash(a);
  made.mesh.start(a);
  await made.agreed(made.mesh.members, limitMs);
  for (const member of kept) made.mesh.vanish(member);
  await made.agreed(left, limitMs);
  await made.world.run(1000);
  await made.world.resolve(lifeOf(a).node.swarm.adopt());
  await made.world.run(5000);
  const stored = await made.world.resolve(lifeOf(a).node.letters.list());
  expect(stored.map(({ id, from }) => ({ id, from }))).toEqual([{ id: waits.id, from: a.nodeName }]);
  expect([once.where, letters.length, c.life]).toEqual(['store', 2, undefined]);
  expect(rowsOf(a)).toBe(1);
});

test('a node without a disk of its own fails at once what nobody can take', async () => {
  const made = await formation({ seed: 6, nodes: 3, stores: undefined });
  const [a, b] = made.mesh.living as [Life, Life];
  await expect(made.world.resolve(a.node.letters.send(b.node.name, 1))).rejects.toMatchObject({
    code: 'SKEIN_STORE',
  });
});
