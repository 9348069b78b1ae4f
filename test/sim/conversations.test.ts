/** Conversations under virtual time: who takes part, what is said, and what happens when participants and brokers die. */
import { expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Conversation, Letter } from '../../src/features/letters/api.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const limitMs = 30_000;
const formation = formations();

const machine = (seed: number, nodes: number): Promise<FormationRun> => formation({ seed, nodes });

function heard(talk: Conversation): Letter[] {
  const letters: Letter[] = [];
  talk.handle((letter) => void letters.push(letter));
  return letters;
}

const bodies = (letters: readonly Letter[]): unknown[] => letters.map(({ body }) => body);

test('what one says in a conversation reaches all others in it, in order, with its author and the conversation', async () => {
  const made = await machine(1, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const talk = await made.world.resolve(a.node.letters.converse([b.node.name, c.node.name]));
  const [atA, atB, atC] = [a, b, c].map(({ node }) => heard(node.letters.conversation(talk.id)));
  for (const word of ['one', 'two', 'three']) await made.world.resolve(talk.say(word));
  await made.world.resolve(b.node.letters.conversation(talk.id).say('four'));
  await made.until(() => atC?.length === 4 && atA?.length === 1, 'all arrive');
  expect(bodies(atB as Letter[])).toEqual(['one', 'two', 'three']);
  expect(atC?.[3]).toMatchObject({ from: b.node.name, body: 'four', conversation: talk.id });
  expect(await made.world.resolve(c.node.letters.conversations())).toEqual([
    {
      id: talk.id,
      startedBy: a.node.name,
      startedAt: expect.any(Number),
      participants: [a, b, c].map(({ node }) => node.name).sort(),
    },
  ]);
});

test('invites and leaves at the same moment converge: all see the same participants', async () => {
  const made = await machine(2, 6);
  const [a, b, c, d, e] = made.others.map(lifeOf) as [Life, Life, Life, Life, Life];
  const { id } = await made.world.resolve(a.node.letters.converse([b.node.name, c.node.name]));
  const seen = [a, b, d].map(({ node }) => {
    const all: (readonly string[])[] = [];
    const stream = node.letters.conversation(id).watch();
    // Fails when its node ends with the test, where it has just asked.
    (async () => {
      for await (const names of stream) all.push(names);
    })().catch(() => undefined);
    return all;
  });
  await made.until(() => seen.every((all) => all.length > 0), 'all watch');
  await made.world.resolve(
    Promise.all([
      a.node.letters.conversation(id).invite(d.node.name),
      b.node.letters.conversation(id).invite(e.node.name),
      c.node.letters.conversation(id).leave(),
    ]),
  );
  const expected = [a, b, d, e].map(({ node }) => node.name).sort();
  await made.until(
    () => seen.every((all) => JSON.stringify(all.at(-1)) === JSON.stringify(expected)),
    'all see the same',
  );
  expect(await made.world.resolve(e.node.letters.conversation(id).participants())).toEqual(expected);
});

test('participants that are off and brokers that die: what was said comes, and the conversation goes on', async () => {
  const made = await machine(3, 4);
  const { broker } = made;
  const [a, b, c] = made.others as [Member, Member, Member];
  const talk = await made.world.resolve(lifeOf(a).node.letters.converse([b.nodeName, c.nodeName]));
  made.mesh.crash(b);
  await made.world.resolve(talk.say('while b is off'));
  made.mesh.crash(broker.member);
  made.mesh.crash(a);
  await made.world.run(5000);
  made.mesh.start(b);
  const atB = heard(lifeOf(b).node.letters.conversation(talk.id));
  await made.until(() => atB.length === 1, 'b gets it');
  made.mesh.start(a);
  const again = lifeOf(a).node.letters.conversation(talk.id);
  const atA = heard(again);
  await made.world.resolve(lifeOf(b).node.letters.conversation(talk.id).say('back'), limitMs);
  await made.until(() => atA.length === 1, 'a gets the answer');
  expect([bodies(atB), bodies(atA)]).toEqual([['while b is off'], ['back']]);
  expect(await made.world.resolve(again.participants())).toEqual([a.nodeName, b.nodeName, c.nodeName].sort());
});

test('what is said again under its key is the same letter, to those of the first time, also where others take part by then', async () => {
  const made = await machine(9, 4);
  const [a, b, c] = made.others as [Member, Member, Member];
  const talk = await made.world.resolve(lifeOf(a).node.letters.converse(b.nodeName));
  const atC = heard(lifeOf(c).node.letters.conversation(talk.id));
  const options = { idempotencyKey: 'k' };
  const { id } = await made.world.resolve(talk.say('one', options));
  await made.world.resolve(talk.invite(c.nodeName));
  const again = (body: string) =>
    lifeOf(a)
      .node.letters.conversation(talk.id)
      .say(body, { ...options, timeoutMs: limitMs });
  expect(await made.world.resolve(again('one'))).toMatchObject({ id, isRepeat: true });
  await made.mesh.leave(a);
  await made.mesh.start(a);
  // This incarnation remembers no key: the store does.
  expect(await made.world.resolve(again('one'), limitMs)).toMatchObject({ id, isRepeat: true });
  expect(await made.problemOf(again('two'))).toMatchObject({ code: 'SKEIN_INVALID' });
  await made.world.resolve(lifeOf(b).node.letters.conversation(talk.id).leave());
  expect(await made.world.resolve(again('one'))).toMatchObject({ id, isRepeat: true });
  const elsewhere = await made.world.resolve(lifeOf(a).node.letters.converse(b.nodeName));
  expect(await made.problemOf(elsewhere.say('one', options))).toMatchObject({ code: 'SKEIN_INVALID' });
  expect(bodies(atC)).toEqual([]);
});

test('what was said before a participant left is for it, and waits until it handles letters of the conversation', async () => {
  const made = await machine(10, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const talk = await made.world.resolve(a.node.letters.converse([b.node.name, c.node.name]));
  await made.world.resolve(talk.say('before'));
  const atB = b.node.letters.conversation(talk.id);
  await made.world.resolve(atB.leave());
  await made.world.resolve(talk.say('after'));
  const letters = heard(atB);
  await made.until(() => letters.length > 0, 'it gets it');
  await made.world.run(3000);
  expect(bodies(letters)).toEqual(['before']);
});

test('a watch of participants goes on with the next broker, and ends when all have left', async () => {
  const made = await machine(4, 5);
  const { broker } = made;
  const [a, b, c, d] = made.others.map(lifeOf) as [Life, Life, Life, Life];
  const talk = await made.world.resolve(a.node.letters.converse(b.node.name));
  const all: (readonly string[])[] = [];
  let isEnded = false;
  void (async () => {
    for await (const names of talk.watch()) all.push(names);
    isEnded = true;
  })();
  await made.until(() => all.length === 1, 'it begins');
  await made.world.resolve(b.node.letters.conversation(talk.id).invite(d.node.name), limitMs);
  await made.until(() => all.length === 2, 'it is notified');
  made.mesh.crash(broker.member);
  await made.world.resolve(b.node.letters.conversation(talk.id).invite(c.node.name), limitMs);
  await made.until(() => all.length === 3, 'it goes on');
  for (const { node } of [a, b, c, d]) await made.world.resolve(node.letters.conversation(talk.id).leave());
  await made.until(() => isEnded, 'it ends');
  expect(all.at(-1)).toEqual([]);
  expect(await made.problemOf(talk.say('x'))).toMatchObject({ code: 'SKEIN_INVALID' });
});

test('REQ23: a letter from a node that did not take part adds its author', async () => {
  const made = await machine(5, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const talk = await made.world.resolve(a.node.letters.converse(b.node.name));
  const atA = heard(talk);
  const atC = heard(c.node.letters.conversation(talk.id));
  await made.world.resolve(c.node.letters.conversation(talk.id).say('may I?'));
  await made.until(() => atA.length === 1, 'it arrives');
  expect(await made.world.resolve(talk.participants())).toContain(c.node.name);
  await made.world.resolve(talk.say('you may'));
  await made.until(() => atC.length === 1, 'its author is answered');
});

test('a program handles letters and converses: each letter has one handler, and those without one wait', async () => {
  const made = await machine(6, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const got: [string, unknown][] = [];
  const collect = (name: string, options = {}) =>
    b.node.letters.handle(({ body }) => void got.push([name, body]), options);
  collect('others');
  const orders = collect('orders', { types: ['order'] });
  const talk = await made.world.resolve(a.node.letters.converse(b.node.name));
  const second = await made.world.resolve(a.node.letters.converse(b.node.name));
  await made.world.resolve(talk.say('said'));
  await made.world.resolve(a.node.letters.send(b.node.name, 'plain'));
  await made.world.resolve(a.node.letters.send(b.node.name, 'coffee', { type: 'order' }));
  await made.until(() => got.length === 2, 'letters arrive');
  await made.world.run(3000);
  expect(got.sort()).toEqual([
    ['orders', 'coffee'],
    ['others', 'plain'],
  ]);
  await orders.close();
  collect('all conversations', { conversations: true });
  b.node.letters.conversation(second.id).handle(({ body }) => void got.push(['second', body]));
  await made.world.resolve(second.say('to the second'));
  await made.world.resolve(a.node.letters.send(b.node.name, 'tea', { type: 'order' }));
  await made.until(() => got.length === 5, 'what waited, and what came');
  expect(got.slice(2).sort()).toEqual([
    ['all conversations', 'said'],
    ['others', 'tea'],
    ['second', 'to the second'],
  ]);
  expect(() => collect('again')).toThrow(expect.objectContaining({ code: 'SKEIN_INVALID' }));
  expect(() => collect('again', { conversations: true })).toThrow('handles letters of conversations already');
  expect(() => collect('again', { types: [`conversation.${second.id}`] })).toThrow('handles letters of type');
});

test('letters without a handler do not stand in the way of those that have one, however many there are', async () => {
  const made = await machine(8, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const to = b.node.name;
  const many = Array.from({ length: 500 }, (_, body) => ({ to, body }));
  for (let i = 0; i < 3; i++) await made.world.resolve(a.node.letters.sendMany(many));
  const got: unknown[] = [];
  b.node.letters.handle(({ body }) => void got.push(body), { types: ['order'] });
  await made.world.resolve(a.node.letters.send(to, 'coffee', { type: 'order' }));
  await made.until(() => got.length === 1, 'it arrives');
  const rest: unknown[] = [];
  b.node.letters.handle(({ body }) => void rest.push(body));
  await made.until(() => rest.length === 1500, 'the others, once somebody handles them');
  expect(got).toEqual(['coffee']);
});

test('what is wrong is refused: unknown nodes, too many participants, too many conversations, other ids', async () => {
  const made = await machine(7, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { letters } = a.node;
  expect(await made.problemOf(letters.converse('nobody'))).toMatchObject({
    code: 'SKEIN_UNKNOWN_NODE',
    message: expect.stringContaining('nobody'),
  });
  const many = Array.from({ length: 200 }, (_, i) => `x${i}`);
  const talk = await made.world.resolve(letters.converse(many, { allowUnknown: true }));
  const more = talk.invite(
    many.map((name) => `${name}-y`),
    { allowUnknown: true },
  );
  expect(await made.problemOf(more)).toMatchObject({ code: 'SKEIN_TOO_LARGE' });
  expect(await made.world.resolve(talk.participants())).toHaveLength(201);
  for (let i = 1; i < 1000; i++) await made.world.resolve(letters.converse(b.node.name));
  expect(await made.problemOf(letters.converse(b.node.name))).toMatchObject({
    code: 'SKEIN_BUSY',
    message: expect.stringContaining('1000'),
  });
  expect(await made.world.resolve(b.node.letters.conversations())).toHaveLength(999);
  const alone = b.node.letters.conversation('0'.repeat(32));
  expect(await made.problemOf(alone.say('x'))).toMatchObject({ code: 'SKEIN_INVALID' });
  expect(await made.world.resolve(alone.participants())).toEqual([]);
  expect(() => letters.conversation('x')).toThrow(TypeError);
  expect(await made.problemOf(letters.send(b.node.name, 1, { type: 'conversation.x' }))).toBeInstanceOf(
    TypeError,
  );
});
