/** The log of the swarm under virtual time: what has happened is read, followed and kept, also where the broker dies. */
import { expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { LogEntry, LogFollowOptions } from '../../src/features/log/api.ts';
import { logLimits } from '../../src/features/log/core/limits.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const limitMs = 30_000;
const formation = formations();

/** Some nodes on machines; brokers of one machine open the same store. */
const swarm = (seed: number, nodes: number, machines = 1): Promise<FormationRun> =>
  formation({ seed, nodes, machines });

/** Collects what a node follows; with what has ended it. */
function followed(life: Life, options: LogFollowOptions = {}) {
  const entries: LogEntry[] = [];
  const stream = life.node.log.follow(options);
  const end = (async () => {
    for await (const entry of stream) entries.push(entry);
  })();
  return { entries, stream, end };
}

const short = ({ type, from, to }: LogEntry): string =>
  `${type} ${from}${to.length > 0 ? ` > ${to.join(' ')}` : ''}`;
const numbers = (entries: readonly LogEntry[]): number[] => entries.map(({ n }) => n);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('what letters and nodes have done is in the log: author, recipients, subject, trace and time, and no body', async () => {
  const made = await swarm(1, 3);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const secret = 'this must not be in the log';
  const sent = await made.world.resolve(a.node.letters.send(b.node.name, secret, { type: 'note' }));
  b.node.letters.handle(() => undefined);
  await made.world.run(3000);
  made.mesh.crash(b.member);
  await made.world.run(20_000);
  const { entries, isMore, cursor } = await made.world.resolve(a.node.log.list());
  const { name: of } = broker.node;
  expect(entries.slice(0, 1).map(short)).toEqual([`broker.changed ${of}`]);
  // Some were here when it took over, others came later.
  expect(
    entries
      .slice(1, 4)
      .map(short)
      .map((text) => text.replace(/^node\.(present|joined) /, ''))
      .sort(),
  ).toEqual(['n1', 'n2', 'n3']);
  expect(entries.slice(4).map(short)).toEqual([
    `letter.stored ${a.node.name} > ${b.node.name}`,
    `letter.delivered ${a.node.name} > ${b.node.name}`,
    `node.lost ${b.node.name}`,
  ]);
  expect(entries[4]).toMatchObject({
    subject: sent.id,
    trace: [a.node.name, of],
    note: 'note',
    n: 5,
  });
  expect(entries[5]).toMatchObject({ subject: sent.id, trace: [b.node.name, of] });
  const status = await made.world.resolve(a.node.letters.status(sent.id));
  expect(Math.abs((entries[4] as LogEntry).at - (status?.sentAt ?? 0))).toBeLessThan(1000);
  expect(entries[5]?.at).toBe(status?.recipients[0]?.at);
  expect(JSON.stringify(entries)).not.toContain(secret);
  expect([isMore, cursor]).toEqual([false, entries.at(-1)?.cursor]);
});

test('what nodes do while nobody uses the store is in the log once somebody does, and until then no store is opened', async () => {
  const made = await swarm(12, 4);
  const { broker } = made;
  const [a, b, c] = made.others as [Member, Member, Member];
  made.mesh.crash(b);
  await made.world.run(10_000);
  void lifeOf(a).node.availability.set({ available: false });
  await made.world.run(1000);
  await made.world.resolve(lifeOf(c).node.close());
  await made.world.run(60_000);
  const store = async (): Promise<unknown> => {
    const { features } = await made.world.resolve(broker.node.status());
    return (features.swarm as { store?: unknown }).store;
  };
  expect(await store()).toBe('unused');
  const { entries } = await made.world.resolve(lifeOf(a).node.log.list({ type: 'node' }));
  expect(await store()).toBe('open');
  const after = entries.filter(({ type }) => type !== 'node.present' && type !== 'node.joined');
  expect(after.map(({ note, ...entry }) => `${short(entry as LogEntry)} ${note}`.trim())).toEqual([
    `node.lost ${b.nodeName}`,
    `node.changed ${a.nodeName} not available, active`,
    `node.left ${c.nodeName}`,
  ]);
  const [changed, left] = after.slice(1) as [LogEntry, LogEntry];
  await made.world.resolve(lifeOf(a).node.letters.send('n9', 'x', { allowUnknown: true }));
  const [stored] = (await made.world.resolve(lifeOf(a).node.log.list({ type: 'letter' }))).entries;
  // When it happened, and not when it was written.
  expect(left.at - changed.at).toBeLessThan(2000);
  expect((stored as LogEntry).at - left.at).toBeGreaterThan(55_000);
});

test('changes of availability and activity are in the log, and so is what was unusual when a broker began', async () => {
  const made = await swarm(13, 3);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  await made.world.resolve(a.node.letters.send(b.node.name, 'opens the store'));
  void a.node.availability.set({ active: false });
  void broker.node.availability.set({ available: false });
  await made.world.run(3000);
  void broker.node.availability.set({ available: true });
  await made.world.run(3000);
  const notes = async (of: Life) =>
    (await made.world.resolve(of.node.log.list({ type: 'node.changed' }), limitMs)).entries.map(
      ({ from, subject, note }) => `${from} ${subject} ${note}`,
    );
  const name = a.node.name;
  const before = [
    `${name} ${name} available, not active`,
    `${broker.node.name} ${broker.node.name} not available, active`,
    `${broker.node.name} ${broker.node.name} available, active`,
  ];
  expect((await notes(b)).sort()).toEqual([...before].sort());
  made.mesh.crash(broker.member);
  await made.world.resolve(b.node.letters.send('n9', 'x', { allowUnknown: true }), limitMs);
  await made.world.run(3000);
  expect((await notes(b)).slice(before.length)).toEqual([`${name} ${name} available, not active`]);
});

test('a letter that is refused is in the log with its code, and a flood of them as its first and a count', async () => {
  const made = await swarm(14, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  await made.world.resolve(a.node.letters.send(b.node.name, 'stored'));
  for (let i = 0; i < 200; i++)
    expect((await made.problemOf(a.node.letters.send(['nobody', b.node.name], `secret ${i}`))).code).toBe(
      'SKEIN_UNKNOWN_NODE',
    );
  await made.problemOf(b.node.letters.send('no-one', 'x'));
  const rejected = async () =>
    (await made.world.resolve(b.node.log.list({ type: 'letter.rejected' }))).entries.map(
      ({ from, to, subject, note }) => [from, to, /^[0-9a-f]{32}$/.test(subject), note],
    );
  await made.world.run(2000);
  const first = [a.node.name, ['nobody', b.node.name], true, 'SKEIN_UNKNOWN_NODE'];
  const other = [b.node.name, ['no-one'], true, 'SKEIN_UNKNOWN_NODE'];
  expect(await rejected()).toEqual([first, other]);
  await made.world.run(65_000);
  const count = [a.node.name, [], false, 'SKEIN_UNKNOWN_NODE: 199 more within 60 s'];
  expect(await rejected()).toEqual([first, other, count]);
  await made.problemOf(a.node.letters.send('nobody', 'again'));
  await made.world.run(2000);
  expect(await rejected()).toHaveLength(4);
});

test('a list is filtered, begins after a place, and gives the newest where these are asked for', async () => {
  const made = await swarm(2, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { log } = a.node;
  for (let i = 0; i < 30; i++) await made.world.resolve(a.node.letters.send(b.node.name, i));
  await made.world.resolve(b.node.letters.send(a.node.name, 'back'));
  const list = (options: Parameters<typeof log.list>[0]) => made.world.resolve(log.list(options));
  const letters = await list({ type: 'letter' });
  expect(letters.entries).toHaveLength(31);
  expect((await list({ from: b.node.name, type: 'letter.stored' })).entries.map(short)).toEqual([
    `letter.stored ${b.node.name} > ${a.node.name}`,
  ]);
  const newest = await list({ type: ['letter.stored', 'node'], last: 3 });
  expect(newest.entries).toEqual(letters.entries.slice(-3));
  const some = await list({ type: 'letter', limit: 10 });
  expect([some.entries.length, some.isMore]).toEqual([10, true]);
  const rest = await list({ type: 'letter', after: some.cursor });
  expect([...some.entries, ...rest.entries]).toEqual(letters.entries);
  const subject = letters.entries[7]?.subject as string;
  expect((await list({ subject })).entries).toEqual([letters.entries[7]]);
  const since = new Date((letters.entries[20] as LogEntry).at);
  expect((await list({ type: 'letter', since })).entries.every(({ at }) => at >= since.getTime())).toBe(true);
  expect((await list({ type: 'letter', until: since })).entries.every(({ at }) => at < since.getTime())).toBe(
    true,
  );
  expect((await list({ node: 'nobody' })).entries).toEqual([]);
  const other = await made.problemOf(log.list({ after: '00000000beef.3' }));
  expect(other.code).toBe('SKEIN_INVALID');
  expect(other.message).toContain('00000000beef.3 is not in the log of the store that the broker has');
  expect(await made.problemOf(log.list({ after: 'x' } as never))).toBeInstanceOf(TypeError);
});

test('who follows gets every event once and in order, over a change of the broker', async () => {
  const made = await swarm(3, 4);
  const { broker } = made;
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const { entries, stream } = followed(c);
  await made.world.resolve(stream.opened);
  b.node.letters.handle(() => undefined);
  const send = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => a.node.letters.send(b.node.name, i)));
  await made.world.resolve(send(100));
  await made.until(() => entries.length >= 200, 'stored and delivered are followed');
  const sending = send(100);
  made.mesh.crash(broker.member);
  await made.world.resolve(sending, limitMs);
  const isDelivered = ({ type }: LogEntry): boolean => type === 'letter.delivered';
  await made.until(() => entries.filter(isDelivered).length === 200, 'all deliveries are followed');
  const first = entries[0]?.n ?? 0;
  expect(numbers(entries)).toEqual(range(first, first + entries.length - 1));
  expect(entries.filter(({ type }) => type === 'letter.stored')).toHaveLength(200);
  const after = entries.map(short);
  expect(after).toContain(`node.lost ${broker.node.name}`);
  expect(after).toContain(`broker.changed ${made.broker.node.name}`);
  expect(after.filter((text) => text.includes('log.'))).toEqual([]);
});

test('a follower is given what comes without asking again and again, and the next page once it has read the last', async () => {
  const made = await swarm(4, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const stream = a.node.log.follow({ type: 'letter' });
  await made.world.resolve(stream.opened);
  for (let i = 0; i < 3; i++)
    await made.world.resolve(
      a.node.letters.sendMany(Array.from({ length: 400 }, () => ({ to: b.node.name, body: 0 }))),
    );
  const iterator = stream[Symbol.asyncIterator]();
  const got: number[] = [];
  while (got.length < 1200) got.push(((await made.world.resolve(iterator.next())).value as LogEntry).n);
  expect(got).toEqual(range(got[0] as number, (got[0] as number) + 1199));
  const sentAt = made.world.now;
  const next = iterator.next();
  await made.world.resolve(a.node.letters.send(b.node.name, 'soon'));
  await made.world.resolve(next);
  expect(made.world.now - sentAt).toBeLessThan(200);
  await stream.close();
});

test('a follower whose store is replaced by another is notified, and goes on there from its beginning', async () => {
  const made = await swarm(5, 4, 2);
  const { broker } = made;
  const c = made.mesh.members.find((member) => !made.machineOf(broker).includes(member)) as Member;
  const { entries, stream } = followed(lifeOf(c));
  await made.world.resolve(stream.opened);
  await made.world.resolve(lifeOf(c).node.letters.send(broker.node.name, 'one'));
  await made.until(() => entries.some(({ type }) => type === 'letter.stored'), 'it is followed');
  for (const member of made.machineOf(broker)) made.mesh.crash(member);
  const left = made.mesh.members.filter(({ life }) => life !== undefined);
  await made.agreed(left, limitMs);
  await made.world.resolve(lifeOf(c).node.swarm.adopt(), limitMs);
  await made.world.resolve(lifeOf(c).node.letters.send('n9', 'two', { allowUnknown: true }), limitMs);
  await made.until(() => entries.some(({ type }) => type === 'log.reset'), 'another store is noticed');
  await made.until(
    () => entries.some(({ n, type }) => n > 1 && type === 'broker.changed'),
    'its beginning is read',
  );
  const at = entries.findIndex(({ type }) => type === 'log.reset');
  expect(entries[at]?.cursor).not.toContain(entries[0]?.cursor.split('.')[0] as string);
  expect(numbers(entries.slice(at + 1))).toEqual(range(1, entries.length - at - 1));
});

test('a cursor of another store ends a follower at once, with the reason', async () => {
  const made = await swarm(6, 3);
  const [a] = made.others.map(lifeOf) as [Life];
  const { end, entries } = followed(a, { after: '0123456789ab.7' });
  expect(await made.problemOf(end)).toMatchObject({ code: 'SKEIN_INVALID' });
  expect(entries).toEqual([]);
});

test('a durable reader that was away gets what it has missed, once it has acknowledged the rest, on whichever node it runs', async () => {
  const made = await swarm(7, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const send = (count: number) =>
    made.world.resolve(a.node.letters.sendMany(Array.from({ length: count }, () => ({ to: 'n1', body: 0 }))));
  const kept: number[] = [];
  const keep = (life: Life) => life.node.log.keep('audit', (entries) => void kept.push(...numbers(entries)));
  await send(20);
  const first = keep(b);
  await made.until(() => kept.length >= 24, 'the log is kept from its beginning');
  await send(5);
  await made.until(() => kept.length >= 29, 'what comes is kept');
  await made.world.run(1000);
  await first.close();
  await send(400);
  await send(300);
  expect(
    (await made.world.resolve(c.node.log.readers())).map(
      ({ name, cursor }) => `${name} ${cursor.split('.')[1]}`,
    ),
  ).toEqual([`audit ${kept.length}`]);
  keep(c);
  await made.until(() => kept.length >= 729, 'what was missed is kept');
  expect(kept).toEqual(range(1, kept.length));
  await made.world.run(1000);
  expect(await made.world.resolve(c.node.log.forget('audit'))).toBe(true);
  expect(await made.world.resolve(c.node.log.forget('audit'))).toBe(false);
});

test('a durable reader whose handler fails is given the same events again, and goes on once it has succeeded', async () => {
  const made = await swarm(8, 3);
  const [a] = made.others.map(lifeOf) as [Life];
  const calls: number[][] = [];
  let isBroken = true;
  a.node.log.keep('audit', (entries) => {
    calls.push(numbers(entries));
    if (isBroken) throw new Error('the disk is full');
  });
  await made.until(() => calls.length === 3, 'it is tried again');
  expect(calls[1]).toEqual(calls[0]);
  expect(await made.world.resolve(a.node.log.readers())).toEqual([]);
  isBroken = false;
  await made.until(() => calls.length === 4, 'and again');
  await made.world.run(2000);
  expect((await made.world.resolve(a.node.log.readers())).map(({ name }) => name)).toEqual(['audit']);
  expect(calls[3]).toEqual(calls[0]);
});

test('a durable reader goes on over the death of its node and of the broker: nothing is missed, what was not acknowledged comes again', async () => {
  const made = await swarm(9, 4);
  const { broker } = made;
  const [a, b] = made.others;
  const kept = new Set<number>();
  const keep = (life: Life) =>
    life.node.log.keep('audit', (entries) => {
      for (const n of numbers(entries)) kept.add(n);
    });
  keep(lifeOf(b));
  for (let i = 0; i < 6; i++) {
    await made.world.resolve(
      lifeOf(a).node.letters.sendMany(
        Array.from({ length: 50 }, () => ({ to: 'n9', body: 0, allowUnknown: true })),
      ),
      limitMs,
    );
    if (i === 1) made.mesh.crash(b as Member);
    if (i === 2) made.mesh.crash(broker.member);
    if (i === 3) {
      made.mesh.start(b as Member);
      keep(lifeOf(b));
    }
  }
  const end = (await made.world.resolve(lifeOf(a).node.log.list({ last: 1 }), limitMs)).entries[0]
    ?.n as number;
  await made.until(() => kept.has(end), 'the end is kept');
  expect([...kept].sort((x, y) => x - y).slice(0, end)).toEqual(range(1, end));
});

test('a node that closes acknowledges what its durable reader is at work on', async () => {
  const made = await swarm(10, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  let finish: (() => void) | undefined;
  const kept: number[] = [];
  b.node.log.keep('audit', (entries) => {
    kept.push(...numbers(entries));
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  await made.until(() => finish !== undefined, 'the handler is called');
  const closed = b.node.close();
  finish?.();
  await made.world.resolve(closed);
  const readers = await made.world.resolve(a.node.log.readers());
  expect(readers.map(({ cursor }) => Number(cursor.split('.')[1]))).toEqual([kept.at(-1)]);
});

test('one that lies, or asks what is wrong, is refused, and the broker goes on', async () => {
  const made = await swarm(11, 3);
  const [a] = made.others.map(lifeOf) as [Life];
  const ask = (verb: string, input: unknown) => made.problemOf(a.node.command('log', 'ask', { verb, input }));
  const wrong: [string, unknown, string][] = [
    ['log.read', { cursor: 'nonsense' }, 'a place in the log is 12 hexadecimal digits, a dot and a number'],
    ['log.follow', { cursor: 7 }, 'got "7"'],
    ['log.read', { filter: { types: 'letter' } }, 'types is letter'],
    ['log.read', { filter: { types: Array.from({ length: 33 }, () => 'x') } }, 'types is'],
    ['log.follow', { filter: { node: { toString: 1 } } }, 'node is an object'],
    ['log.read', { filter: { since: 1.5 } }, 'since is 1.5'],
    ['log.reader', { name: '../x' }, "a durable reader's name"],
    ['log.acknowledge', { name: 'x', cursor: null }, 'a place in the log'],
    ['log.forget', null, "a durable reader's name"],
  ];
  for (const [verb, input, text] of wrong) {
    const problem = await ask(verb, input);
    expect([verb, problem.code, problem.message]).toEqual([
      verb,
      'SKEIN_INVALID',
      expect.stringContaining(text),
    ]);
  }
  const huge = await made.world.resolve(
    a.node.command<string>('log', 'ask', { verb: 'log.read', input: { limit: 1e9 } }),
  );
  expect(JSON.parse(huge).page.events.length).toBeGreaterThan(0);
});

test('a clock that is set ahead by a year, or back, deletes nothing of the log', async () => {
  const year = 365 * 24 * 3_600_000;
  for (const by of [year, -year]) {
    const made = await swarm(40, 2);
    const [a] = made.others.map(lifeOf) as [Life];
    await made.world.resolve(a.node.letters.send(made.broker.node.name, 'before'));
    for (const life of [made.broker, a]) life.platform.clock.jumpWall(by);
    await made.world.resolve(a.node.letters.send(made.broker.node.name, 'after'));
    // What is too old is looked for each ten minutes.
    await made.world.run(logLimits.logTrimMs + 60_000);
    const { entries } = await made.world.resolve(a.node.log.list());
    expect(entries.filter(({ type }) => type === 'letter.stored')).toHaveLength(2);
    expect(entries[0]?.type).toBe('broker.changed');
  }
});
