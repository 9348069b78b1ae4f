/** Letters under virtual time: stored, handed out, settled, and what happens when one of the three dies. */
import { expect, test } from 'vitest';
import { FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { HandleOptions, Letter, LetterOptions, SentLetter } from '../../src/features/letters/api.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import type { ReportState } from '../../src/features/letters/store/reports-model.ts';
import { storeModels } from '../../src/features/store-models.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import { partition } from '../../src/sim/world/faults/network-faults.ts';
import type { Disk } from '../../src/sim/world/machine/disk.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations, handled, keptElsewhere } from './formations.ts';

const limitMs = 30_000;
const formation = formations();

/** Some nodes on one machine, whose broker can open the same store as the one before it. */
const machine = (seed: number, nodes: number): Promise<FormationRun> => formation({ seed, nodes });

test('a letter to a node that handles letters arrives, and is settled', async () => {
  const made = await machine(1, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const letters = handled(b);
  const { id, n, isRepeat } = await made.world.resolve(a.node.letters.send(b.node.name, { hello: 1 }));
  expect([n, isRepeat]).toEqual([1, false]);
  await made.until(() => letters.length === 1, 'the letter arrives');
  expect(letters[0]).toMatchObject({
    id,
    from: a.node.name,
    to: [b.node.name],
    type: 'letter',
    body: { hello: 1 },
    attempt: 1,
    delivered: false,
    trace: [a.node.name, made.broker.node.name],
  });
  await made.world.run(1000);
  const status = await made.world.resolve(a.node.letters.status(id));
  expect(status?.recipients).toMatchObject([{ name: b.node.name, state: 'delivered', attempts: 1 }]);
});

test('the broker itself sends and gets letters, and each author keeps its order', async () => {
  const made = await machine(2, 3);
  const { broker } = made;
  const [a] = made.others.map(lifeOf) as [Life];
  const atBroker = handled(broker);
  const atA = handled(a);
  const bodies = Array.from({ length: 50 }, (_, i) => i);
  const sent = [
    ...bodies.map((i) => a.node.letters.send(broker.node.name, i)),
    ...bodies.map((i) => broker.node.letters.send(a.node.name, i)),
  ];
  await made.world.resolve(Promise.all(sent));
  await made.until(() => atBroker.length === 50 && atA.length === 50, 'all letters arrive');
  expect(atBroker.map(({ body }) => body)).toEqual(bodies);
  expect(atA.map(({ body }) => body)).toEqual(bodies);
});

test('a late joiner gets what was sent before it came, and one that restarts gets nothing twice', async () => {
  const made = await machine(3, 3);
  const [a, b] = made.others;
  made.mesh.crash(b as Member);
  const name = (b as Member).nodeName;
  const send = (body: number) => lifeOf(a).node.letters.send(name, body, { allowUnknown: true });
  await made.world.resolve(Promise.all([1, 2, 3].map(send)));
  made.mesh.start(b as Member);
  const first = handled(lifeOf(b));
  await made.until(() => first.length === 3, 'the letters arrive');
  await made.world.run(2000);
  made.mesh.crash(b as Member);
  made.mesh.start(b as Member);
  const second = handled(lifeOf(b));
  await made.world.resolve(send(4));
  await made.until(() => second.length === 1, 'the next letter arrives');
  expect(first.map(({ body }) => body)).toEqual([1, 2, 3]);
  expect(second.map(({ body, attempt }) => [body, attempt])).toEqual([[4, 1]]);
});

test('the next broker on the same machine goes on: what was stored is delivered, what was not is sent again', async () => {
  const made = await machine(4, 4);
  const { broker } = made;
  const [a, b] = made.others;
  await made.world.resolve(lifeOf(a).node.letters.send(lifeOf(b).node.name, 'before'));
  made.mesh.crash(broker.member);
  const sent = lifeOf(a).node.letters.send(lifeOf(b).node.name, 'meanwhile');
  expect((await made.world.resolve<SentLetter>(sent, limitMs)).n).toBe(2);
  const letters = handled(lifeOf(b));
  await made.until(() => letters.length === 2, 'both arrive');
  expect(letters.map(({ body }) => body)).toEqual(['before', 'meanwhile']);
});

test('a letter in hand of an incarnation that ends is handed to the next one as another attempt', async () => {
  const made = await machine(5, 3);
  const [a, b] = made.others;
  const first = handled(lifeOf(b), () => new Promise(() => undefined));
  await made.world.resolve(lifeOf(a).node.letters.send((b as Member).nodeName, 'x'));
  await made.until(() => first.length === 1, 'it is in hand');
  made.mesh.crash(b as Member);
  await made.world.run(5000);
  made.mesh.start(b as Member);
  const second = handled(lifeOf(b));
  await made.until(() => second.length === 1, 'it comes again');
  expect(second[0]).toMatchObject({ id: first[0]?.id, attempt: 2, delivered: true });
});

test('a letter in hand of an incarnation that leaves is another attempt for the next one, and one not begun is not', async () => {
  const made = await machine(44, 3);
  const [a, b] = made.others as [Member, Member];
  const first: Letter[] = [];
  const act = (letter: Letter) => {
    first.push(letter);
    return new Promise(() => undefined);
  };
  lifeOf(b).node.letters.handle(act, { concurrency: 1 });
  const send = (body: number) => lifeOf(a).node.letters.send(b.nodeName, body);
  await made.world.resolve(Promise.all([send(1), send(2)]));
  await made.until(() => first.length === 1, 'the first one is in hand');
  await made.world.run(1000);
  await made.mesh.leave(b);
  made.mesh.start(b);
  const second = handled(lifeOf(b));
  await made.until(() => second.length === 2, 'both come again');
  expect(second.map(({ body, attempt, delivered }) => [body, attempt, delivered])).toEqual([
    [1, 2, true],
    [2, 1, false],
  ]);
});

/** A letter is handled while no broker can store that, and the recipient crashes; then a broker comes. */
async function handledBeforeACrash(seed: number, options: HandleOptions) {
  const made = await machine(seed, 4);
  const { broker } = made;
  const [a, b] = made.others;
  const calls: Letter[] = [];
  let finish: () => void = () => undefined;
  const handle = (letter: Letter) => {
    calls.push(letter);
    return calls.length > 1
      ? undefined
      : new Promise<void>((resolve) => {
          finish = resolve;
        });
  };
  lifeOf(b).node.letters.handle(handle, options);
  const { id } = await made.world.resolve(lifeOf(a).node.letters.send((b as Member).nodeName, 'once'));
  await made.until(() => calls.length === 1, 'it is in hand');
  made.mesh.crash(broker.member);
  finish();
  await made.world.run(100);
  made.mesh.crash(b as Member);
  made.mesh.start(b as Member);
  lifeOf(b).node.letters.handle(handle, options);
  const isSettled = async () => {
    const status = await made.world.resolve(lifeOf(a).node.letters.status(id), limitMs);
    return status?.recipients[0]?.state === 'delivered';
  };
  for (let tries = 0; tries < 30 && !(await isSettled()); tries++) await made.world.run(1000);
  return { calls, isSettled: await isSettled(), failures: made.world.failures };
}

test('with dedup a letter that was handled before a crash is settled without the handler; else it comes again', async () => {
  const again = await handledBeforeACrash(17, {});
  expect([again.calls.length, again.isSettled]).toEqual([2, true]);
  expect(again.calls[1]?.id).toBe(again.calls[0]?.id);
  const once = await handledBeforeACrash(17, { dedup: true });
  expect([once.calls.length, once.isSettled, once.failures]).toEqual([1, true, []]);
});

test('an end of a node waits until what its handlers have done is stored, and nothing of it comes again', async () => {
  const made = await machine(18, 4);
  const { broker } = made;
  const [a, b] = made.others;
  let finish: () => void = () => undefined;
  const first = handled(
    lifeOf(b),
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  const { id } = await made.world.resolve(lifeOf(a).node.letters.send((b as Member).nodeName, 'x'));
  await made.until(() => first.length === 1, 'it is in hand');
  made.mesh.crash(broker.member);
  finish();
  await made.world.resolve(lifeOf(b).node.close({ drainMs: 20_000 }), limitMs);
  const status = await made.world.resolve(lifeOf(a).node.letters.status(id), limitMs);
  expect(status?.recipients).toMatchObject([{ state: 'delivered', attempts: 1 }]);
});

test('a letter that is watched says each change, over a change of the broker, and ends when it has ended', async () => {
  const made = await machine(19, 4);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'x'));
  const seen: string[] = [];
  let isEnded = false;
  void (async () => {
    for await (const { recipients } of a.node.letters.watch(id))
      seen.push(recipients.map(({ state, attempts }) => `${state} ${attempts}`).join());
    isEnded = true;
  })();
  await made.until(() => seen.length === 1, 'it begins');
  b.node.letters.handle(({ attempt }) => {
    if (attempt < 2) throw new Error('not yet');
  });
  await made.until(() => seen.length === 2, 'the first attempt has failed');
  made.mesh.crash(broker.member);
  await made.until(() => isEnded, 'it ends');
  expect(seen).toEqual(['stored 0', 'stored 1', 'delivered 2']);
  const none: unknown[] = [];
  await made.world.resolve(
    (async () => {
      for await (const each of a.node.letters.watch('0'.repeat(32))) none.push(each);
    })(),
    limitMs,
  );
  expect(none).toEqual([]);
});

test('changes that the broker makes by itself, and those by hand, are notified to watchers', async () => {
  const made = await machine(20, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { letters } = a.node;
  const watch = (id: string) => {
    const seen: string[] = [];
    void (async () => {
      for await (const { recipients } of letters.watch(id)) seen.push(recipients[0]?.state ?? '');
    })();
    return seen;
  };
  const send = async (options: LetterOptions = {}) =>
    watch((await made.world.resolve(letters.send(b.node.name, 'x', options))).id);
  const [expired, removed] = [await send({ expiresMs: 5000 }), await send()];
  await made.until(() => expired.at(-1) === 'expired', 'it expires');
  const [{ id } = { id: '' }] = await made.world.resolve(letters.list({ state: 'stored' }));
  await made.world.resolve(letters.remove(id));
  await made.until(() => removed.at(-1) === 'removed', 'it is removed');
  expect([expired, removed]).toEqual([
    ['stored', 'expired'],
    ['stored', 'removed'],
  ]);
});

test('a node watches a limited number of things, and those that it ends make room', async () => {
  const made = await machine(21, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'x'));
  const watchers = () => made.broker.node.status().then(({ features }) => features);
  const streams = Array.from({ length: 1024 }, () => a.node.letters.watch(id));
  expect(() => a.node.letters.watch(id)).toThrow(expect.objectContaining({ code: 'SKEIN_BUSY' }));
  await made.world.run(2000);
  expect(JSON.stringify(await made.world.resolve(watchers()))).toContain('"watchers":1024');
  await made.world.resolve(Promise.all(streams.map((stream) => stream.close())));
  await made.world.run(2000);
  expect(JSON.stringify(await made.world.resolve(watchers()))).toContain('"watchers":0');
  void a.node.letters.watch(id);
});

test('a handler that throws gets the letter again, after a time that grows; after the last attempt it has failed', async () => {
  const made = await machine(6, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const undelivered: unknown[] = [];
  a.node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail));
  const times: number[] = [];
  b.node.letters.handle(
    () => {
      times.push(made.world.now);
      throw new Error('no coffee');
    },
    { attempts: 3 },
  );
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'order'));
  await made.until(() => undelivered.length === 1, 'it has failed');
  expect(undelivered).toEqual([{ id, recipient: b.node.name, state: 'failed', reason: 'no coffee' }]);
  const [first, second] = [(times[1] ?? 0) - (times[0] ?? 0), (times[2] ?? 0) - (times[1] ?? 0)];
  expect(first).toBeGreaterThan(790);
  expect(first).toBeLessThan(1300);
  expect(second).toBeGreaterThan(1590);
  expect(second).toBeLessThan(2500);
  expect(times).toHaveLength(3);
  expect(await made.world.resolve(a.node.letters.list({ state: 'failed' }))).toMatchObject([{ id }]);
  expect(await made.world.resolve(a.node.letters.retry(id))).toEqual([b.node.name]);
  await made.until(() => times.length === 4, 'it is tried again');
});

test('a clock that is set back while the disk is full lets no letter wait longer than was said', async () => {
  const made = await machine(20, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const times: number[] = [];
  b.node.letters.handle(() => {
    times.push(made.world.now);
    if (times.length === 1) throw new Error('not yet');
  });
  const { clock } = made.broker.platform;
  const { disk } = made.broker.member.host;
  clock.jumpWall(3_600_000);
  await made.world.resolve(a.node.letters.send(b.node.name, 'later'));
  await made.until(() => times.length === 1, 'the first attempt');
  await made.world.run(100);
  disk.isFull = true;
  clock.jumpWall(-3_600_000);
  await made.world.run(20_000);
  disk.isFull = false;
  const roomAt = made.world.now;
  await made.until(() => times.length === 2, 'the second attempt');
  expect((times[1] ?? 0) - roomAt).toBeLessThan(5000);
});

test('one handler refuses for good, one letter expires, one waits for its time', async () => {
  const made = await machine(7, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const undelivered: { state: string; reason: string }[] = [];
  a.node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail));
  const { letters } = a.node;
  const startedAt = a.platform.wallNow();
  await made.world.resolve(letters.send(b.node.name, 'short', { expiresMs: 100 }));
  await made.until(() => undelivered.length === 1, 'it expires');
  const got: [unknown, number][] = [];
  b.node.letters.handle(({ body }) => {
    got.push([body, a.platform.wallNow() - startedAt]);
    if (body === 'refuse') throw new SkeinError('SKEIN_REFUSED', 'not for me');
  });
  await made.world.resolve(letters.send(b.node.name, 'refuse'));
  await made.world.resolve(letters.send(b.node.name, 'later', { notBefore: new Date(startedAt + 25_000) }));
  await made.until(() => got.length === 2, 'the last one comes');
  expect(got[1]?.[0]).toBe('later');
  expect(got[1]?.[1]).toBeGreaterThanOrEqual(24_990);
  expect(undelivered).toMatchObject([
    { state: 'expired', reason: '' },
    { state: 'refused', reason: 'not for me' },
  ]);
});

/** What is reported to an author of what was not delivered: recipient, state and reason. */
function reported(life: Life): string[] {
  const all: string[] = [];
  life.node.events.addEventListener('letter:undelivered', ({ detail: { recipient, state, reason } }) =>
    all.push(`${recipient} ${state} ${reason}`.trim()),
  );
  return all;
}

/** Ids of letters whose authors have not heard of their end, in the store on this disk. */
function unheard({ content }: Disk): string[] {
  const { reports } = content.get('letters') as ReportState;
  return [...reports.rows()].map(([, { id }]) => id);
}

const refuse = (): never => {
  throw new SkeinError('SKEIN_REFUSED', 'no');
};

test('what was not delivered while its author was away is reported to its next incarnation, once, over restarts of the broker', async () => {
  const made = await machine(31, 4);
  const { broker } = made;
  const [a, b] = made.others as [Member, Member];
  const send = (body: string, options: LetterOptions = {}) =>
    lifeOf(a).node.letters.send(b.nodeName, body, options);
  const first = reported(lifeOf(a));
  await made.world.resolve(Promise.all([send('short', { expiresMs: 3000 }), send('refused'), send('fine')]));
  made.mesh.crash(a);
  await made.world.run(2 * letterLimits.letterSweepMs);
  const letters = handled(lifeOf(b), ({ body }) => (body === 'refused' ? refuse() : undefined));
  await made.until(() => letters.length === 2, 'both are handed out');
  await made.world.run(2000);
  made.mesh.crash(broker.member);
  await made.world.run(5000);
  made.mesh.start(a);
  // It uses letters, and nobody listens.
  await made.world.resolve(lifeOf(a).node.letters.list(), limitMs);
  await made.world.run(5000);
  expect(unheard(made.broker.member.host.disk)).toHaveLength(2);
  const second = reported(lifeOf(a));
  await made.until(() => second.length === 2, 'both are reported');
  expect(second).toEqual([`${b.nodeName} expired`, `${b.nodeName} refused no`]);
  await made.world.run(2000);
  made.mesh.crash(made.broker.member);
  await made.world.resolve(lifeOf(a).node.letters.list(), limitMs);
  await made.world.run(5000);
  made.mesh.crash(a);
  made.mesh.start(a);
  const third = reported(lifeOf(a));
  await made.world.resolve(lifeOf(a).node.letters.list(), limitMs);
  await made.world.run(5000);
  expect([first.length, second.length, third.length]).toEqual([0, 2, 0]);
});

test('reports that nobody has listened to come once somebody listens, over changes of the broker, each to one listener', async () => {
  const made = await machine(35, 4);
  const { broker } = made;
  const [a, b] = made.others as [Member, Member];
  const { disk } = broker.member.host;
  const { node } = lifeOf(a);
  lifeOf(b).node.letters.handle(refuse);
  const ids: string[] = [];
  for (const body of [1, 2, 3]) ids.push((await made.world.resolve(node.letters.send(b.nodeName, body))).id);
  await made.until(() => unheard(disk).length === 3, 'all are refused');
  const heard: string[] = [];
  const next = (): void =>
    node.events.addEventListener('letter:undelivered', ({ detail }) => heard.push(detail.id), { once: true });
  next();
  await made.until(() => unheard(disk).length === 2, 'the first is heard, and noted');
  await made.world.run(5000);
  expect([heard, unheard(disk)]).toEqual([ids.slice(0, 1), ids.slice(1)]);

  made.mesh.crash(broker.member);
  await made.world.resolve(node.letters.list(), limitMs);
  await made.world.run(5000);
  expect(unheard(disk)).toEqual(ids.slice(1));
  next();
  await made.until(() => heard.length === 2, 'the next broker reports it');
  const ending = new AbortController();
  node.events.addEventListener('letter:undelivered', () => undefined, { signal: ending.signal });
  ending.abort();
  await made.world.run(5000);
  expect([heard, unheard(disk)]).toEqual([ids.slice(0, 2), ids.slice(2)]);
  const rest = reported(lifeOf(a));
  await made.until(() => unheard(disk).length === 0, 'the last is heard');
  // What comes while somebody listens comes at once.
  await made.world.resolve(node.letters.send(b.nodeName, 4));
  await made.until(() => rest.length === 2, 'it comes');
  await made.world.run(5000);
  expect([rest.length, heard.length, unheard(disk)]).toEqual([2, 2, []]);
});

test('a report that the broker could not note as heard comes again from the next one, and is no second event', async () => {
  // A seed at which what is being written is lost.
  const made = await machine(34, 4);
  const { broker } = made;
  const [a, b] = made.others as [Member, Member];
  const { disk } = broker.member.host;
  lifeOf(b).node.letters.handle(refuse);
  const first = reported(lifeOf(a));
  lifeOf(a).node.events.addEventListener('letter:undelivered', () => {
    disk.slowness = 10_000;
  });
  const { id } = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 1));
  await made.until(() => first.length === 1, 'it is reported');
  await made.world.run(1000);
  made.mesh.crash(broker.member);
  disk.slowness = 1;
  expect(unheard(disk)).toEqual([id]);
  await made.world.resolve(lifeOf(a).node.letters.list(), limitMs);
  await made.until(() => unheard(disk).length === 0, 'it is noted by the next broker');
  expect(first).toHaveLength(1);
  made.mesh.crash(a);
  made.mesh.start(a);
  const second = reported(lifeOf(a));
  await made.world.resolve(lifeOf(a).node.letters.list(), limitMs);
  await made.world.run(5000);
  expect(second).toEqual([]);
});

test('a letter that another node takes away is reported to its author; what an author takes away itself is not', async () => {
  const made = await machine(44, 4);
  const [a, b] = made.others as [Member, Member];
  const all = reported(lifeOf(a));
  const { letters } = lifeOf(a).node;
  const first = await made.world.resolve(letters.send(b.nodeName, 'one'));
  const second = await made.world.resolve(letters.send(b.nodeName, 'two'));
  await made.world.resolve(letters.remove(second.id));
  expect(await made.world.resolve(lifeOf(b).node.letters.remove(first.id))).toEqual([b.nodeName]);
  await made.world.run(5000);
  expect(all).toEqual([`${b.nodeName} removed removed by ${b.nodeName}`]);
  const status = await made.world.resolve(letters.status(first.id));
  expect(status?.recipients).toMatchObject([{ state: 'removed' }]);
});

test('a report that came before its author knew the next broker is reported once it knows it', async () => {
  // A seed at which the report comes before that.
  const made = await machine(7, 4);
  const { broker } = made;
  const [a, b] = made.others as [Member, Member];
  const rest = made.others;
  const first = reported(lifeOf(a));
  let finish: () => void = () => undefined;
  const letters = handled(lifeOf(b), () =>
    new Promise<void>((resolve) => {
      finish = resolve;
    }).then(refuse),
  );
  const { id } = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'x'));
  await made.until(() => letters.length === 1, 'it is in hand');
  made.mesh.crash(broker.member);
  await made.until(() => made.brokers.agree(rest.map(lifeOf)), 'there is another broker');
  await made.world.run(2000);
  const apart = partition([a]);
  apart.start(made.mesh);
  await made.world.run(12_000);
  finish();
  await made.world.run(1000);
  const { disk } = made.broker.member.host;
  expect([unheard(disk), first]).toEqual([[id], []]);
  apart.end(made.mesh);
  await made.until(() => first.length === 1, 'it is reported');
  await made.until(() => unheard(disk).length === 0, 'it is noted');
  expect(first).toEqual([`${b.nodeName} refused no`]);
});

/** A letter expires while its handler is at work, over a change of the broker, and the handler then does this. */
async function expiredInHand(seed: number, end: () => unknown) {
  const made = await machine(seed, 4);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const all = reported(a);
  let finish: () => void = () => undefined;
  const letters = handled(b, () =>
    new Promise<void>((resolve) => {
      finish = resolve;
    }).then(end),
  );
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'slow', { expiresMs: 5000 }));
  const stateOf = async () => (await made.world.resolve(a.node.letters.status(id), limitMs))?.recipients[0];
  await made.until(() => letters.length === 1, 'it is in hand');
  await made.world.run(2 * letterLimits.letterSweepMs);
  expect(await stateOf()).toMatchObject({ state: 'stored' });
  made.mesh.crash(broker.member);
  await made.world.run(2 * letterLimits.letterSweepMs);
  expect([await stateOf(), all]).toMatchObject([{ state: 'stored' }, []]);
  return { made, a, b, id, all, letters, stateOf, finish };
}

test('a letter that expires in hand of its recipient ends by what that says: handled is handled', async () => {
  const { made, all, letters, stateOf, finish } = await expiredInHand(41, () => undefined);
  finish();
  await made.world.run(2 * letterLimits.letterSweepMs);
  expect(await stateOf()).toMatchObject({ state: 'delivered', attempts: 1 });
  expect([all, letters.length]).toEqual([[], 1]);
});

test('a letter that expires in hand and is given back is not handed out again: it has expired', async () => {
  const { made, b, all, letters, stateOf, finish } = await expiredInHand(42, () => {
    throw new Error('too late');
  });
  finish();
  await made.until(() => all.length === 1, 'it is reported');
  expect(await stateOf()).toMatchObject({ state: 'expired', reason: 'too late' });
  await made.world.run(2 * letterLimits.letterSweepMs);
  expect([all, letters.length]).toEqual([[`${b.node.name} expired too late`], 1]);
});

test('a letter that expires in hand of a closed handler, which is still at work, ends by what that says', async () => {
  const made = await machine(45, 4);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const all = reported(a);
  let finish: () => void = () => undefined;
  let isBegun = false;
  const handling = b.node.letters.handle(() => {
    isBegun = true;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'slow', { expiresMs: 5000 }));
  await made.until(() => isBegun, 'it is in hand');
  await made.world.resolve(handling.close());
  await made.world.run(2 * letterLimits.letterSweepMs);
  made.mesh.crash(broker.member);
  await made.world.run(2 * letterLimits.letterSweepMs);
  finish();
  await made.world.run(2000);
  const status = await made.world.resolve(a.node.letters.status(id), limitMs);
  expect([status?.recipients, all]).toMatchObject([[{ state: 'delivered', attempts: 1 }], []]);
});

test('a letter that expires in hand of an incarnation that ends has expired', async () => {
  const { made, b, all, stateOf } = await expiredInHand(43, () => undefined);
  made.mesh.crash(b.member);
  made.mesh.start(b.member);
  const again = handled(lifeOf(b.member));
  await made.until(() => all.length === 1, 'it is reported');
  expect(await stateOf()).toMatchObject({ state: 'expired' });
  expect(again).toEqual([]);
});

/** A letter expires while its recipient is unreachable, for longer than its desk is kept, and its handler at work. */
async function expiredUnreachable(seed: number) {
  const made = await machine(seed, 4);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const all = reported(a);
  let finish: () => void = () => undefined;
  const letters = handled(
    b,
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'slow', { expiresMs: 5000 }));
  await made.until(() => letters.length === 1, 'it is in hand');
  const apart = partition([b.member]);
  apart.start(made.mesh);
  await made.world.run(letterLimits.letterAwayMs + 3 * letterLimits.letterSweepMs);
  const { disk } = made.broker.member.host;
  expect(unheard(disk)).toEqual([]);
  const stateOf = async () => (await made.world.resolve(a.node.letters.status(id), limitMs))?.recipients[0];
  return { made, b, apart, all, letters, stateOf, finish: () => finish() };
}

test('a letter that expires in hand of a recipient that is unreachable ends by what that says once it is back', async () => {
  const { made, b, apart, all, letters, stateOf, finish } = await expiredUnreachable(46);
  finish();
  await made.world.run(1000);
  expect(await stateOf()).toMatchObject({ state: 'stored' });
  apart.end(made.mesh);
  await made.agreed([made.broker.member, b.member], limitMs);
  await made.world.run(3 * letterLimits.letterSweepMs);
  expect(await stateOf()).toMatchObject({ state: 'delivered', attempts: 1 });
  expect([all, letters.length]).toEqual([[], 1]);
});

test('a letter that expires in hand of a recipient that stays unreachable has expired after an hour', async () => {
  const { letterUnreachableMs } = letterLimits;
  // An hour of the simulator takes some seconds.
  Object.assign(letterLimits, { letterUnreachableMs: 120_000 });
  try {
    const { made, all, stateOf } = await expiredUnreachable(47);
    expect(await stateOf()).toMatchObject({ state: 'stored' });
    await made.world.run(letterLimits.letterUnreachableMs);
    expect(await stateOf()).toMatchObject({ state: 'expired' });
    expect(all).toHaveLength(1);
  } finally {
    Object.assign(letterLimits, { letterUnreachableMs });
  }
});

test('what is wrong is refused, and nothing is stored', async () => {
  const made = await machine(8, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { letters } = a.node;
  expect(await made.problemOf(letters.send('nobody', 1))).toMatchObject({
    code: 'SKEIN_UNKNOWN_NODE',
    message: expect.stringContaining('nobody'),
  });
  expect(await made.problemOf(letters.send(a.node.name, 1))).toMatchObject({ code: 'SKEIN_SELF' });
  expect(await made.problemOf(letters.send([], 1))).toBeInstanceOf(TypeError);
  expect(await made.problemOf(letters.send(b.node.name, new Uint8Array(1024 * 1024 + 1)))).toMatchObject({
    code: 'SKEIN_TOO_LARGE',
  });
  expect(await made.world.resolve(letters.list())).toEqual([]);
});

test('what follows a refused letter is stored, at the broker itself as at others', async () => {
  const made = await machine(17, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const letters = handled(b);
  for (const { node } of [made.broker, a]) {
    const large = new Uint8Array(letterLimits.putBytesMax + 1);
    // Each in a message of its own: the second is on its way before the first is refused.
    const refused = node.letters.send('nobody', large);
    const next = node.letters.send(b.node.name, 'next');
    expect(await made.problemOf(refused)).toMatchObject({ code: 'SKEIN_UNKNOWN_NODE' });
    await made.world.resolve(next);
  }
  await made.until(() => letters.length === 2, 'both arrive');
});

test('the same key is the same letter, and another letter under it is refused', async () => {
  const made = await machine(9, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { letters } = a.node;
  const options = { idempotencyKey: 'order 7' };
  const first = await made.world.resolve(letters.send(b.node.name, 'coffee', options));
  const again = await made.world.resolve(letters.send([b.node.name, b.node.name], 'coffee', options));
  expect(again).toEqual({ ...first, isRepeat: true });
  expect(await made.problemOf(letters.send(b.node.name, 'tea', options))).toMatchObject({
    code: 'SKEIN_INVALID',
    message: expect.stringContaining(first.id),
  });
});

test('several letters are stored with one commit, each by itself; one to all goes to all ever seen', async () => {
  const made = await machine(10, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const results = await made.world.resolve(
    a.node.letters.sendMany([
      { to: b.node.name, body: 1 },
      { to: 'nobody', body: 2 },
      { to: [b.node.name, c.node.name], body: 3 },
    ]),
  );
  expect(results).toMatchObject([
    { ok: true, n: 1 },
    { ok: false, code: 'SKEIN_UNKNOWN_NODE' },
    { ok: true, n: 2 },
  ]);
  const { id } = await made.world.resolve(a.node.letters.broadcast('all'));
  const status = await made.world.resolve(a.node.letters.status(id));
  expect(status?.recipients.map(({ name }) => name).sort()).toEqual(
    [made.broker, b, c].map(({ node }) => node.name).sort(),
  );
});

test('where no node has a store letters are refused, and it is said why', async () => {
  const made = await formation({ seed: 13, nodes: 3, stores: undefined });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  expect(await made.problemOf(a.node.letters.send(b.node.name, 1))).toMatchObject({
    code: 'SKEIN_STORE',
    message: expect.stringContaining('no node of this swarm has a store'),
  });
});

test('without a broker a letter is unknown after its time, and may be stored by the one that comes later', async () => {
  const made = await machine(14, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const letters = handled(b);
  const { places } = made.mesh.network;
  const [address] = made.addresses as [string];
  const { member } = made.broker;
  made.mesh.crash(member);
  // Of a machine on which nobody runs.
  places.add(address, [member.host]);
  const sent = a.node.letters.send(b.node.name, 'x', { timeoutMs: 1500 });
  expect(await made.problemOf(sent)).toMatchObject({
    code: 'SKEIN_TIMEOUT',
    message: expect.stringContaining('idempotencyKey'),
  });
  places.add(
    address,
    made.mesh.members.map(({ host }) => host),
  );
  await made.until(() => letters.length === 1, 'the next broker stores it');
});

test('a large letter and many small ones arrive whole', async () => {
  const made = await machine(11, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const letters = handled(b);
  const body = new Uint8Array(1024 * 1024).map((_, i) => i);
  const sent = [a.node.letters.send(b.node.name, body)];
  for (let i = 0; i < 2000; i++) sent.push(a.node.letters.send(b.node.name, i));
  await made.world.resolve(Promise.all(sent), limitMs);
  await made.until(() => letters.length === 2001, 'all arrive');
  expect(Buffer.compare(letters[0]?.body as Uint8Array, body)).toBe(0);
  expect(letters.slice(1).map(({ body: each }) => each)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
});

test('who was ever here is known, also when it is gone', async () => {
  const made = await machine(12, 3);
  const [a, b] = made.others;
  // The first that asks is answered with all that are here.
  expect(await made.world.resolve(lifeOf(a).node.swarm.nodes())).toHaveLength(3);
  made.mesh.crash(b as Member);
  await made.world.run(10_000);
  const nodes = await made.world.resolve(lifeOf(a).node.swarm.nodes());
  expect(nodes.map(({ name, isReachable }) => [name, isReachable])).toEqual(
    made.mesh.members.map((member) => [member.nodeName, member !== b]).sort(),
  );
});

test('what the broker has seen last is written before it leaves', async () => {
  const made = await machine(15, 4);
  const [a, b] = made.others;
  await made.world.resolve(lifeOf(a).node.swarm.nodes());
  await made.world.run(5000);
  await made.mesh.leave(b as Member);
  const leftAt = made.broker.platform.wallNow();
  const writtenBy = made.world.now + 300;
  await made.world.runUntil(() => made.world.now >= writtenBy, 1000);
  await made.mesh.leave(made.broker.member);
  await made.world.run(5000);
  const nodes = await made.world.resolve(lifeOf(a).node.swarm.nodes(), limitMs);
  const seen = nodes.find(({ name }) => name === (b as Member).nodeName);
  expect(seen?.lastSeen).toBeGreaterThan(leftAt - 2500);
});

const twoMachines = (seed: number) => keptElsewhere(formation, seed, 'before');

async function swarmOf(made: FormationRun, member: Member): Promise<Record<string, unknown>> {
  const { features } = await made.world.resolve(lifeOf(member).node.status());
  return features.swarm as Record<string, unknown>;
}

test('a broker on another machine keeps nothing, and says where the swarm is kept', async () => {
  const { made, kept, left, a, b, id } = await twoMachines(16);
  for (const member of kept) made.mesh.crash(member);
  await made.agreed(left, limitMs);
  await made.world.run(1000);
  for (const life of left.map(lifeOf))
    expect(await made.problemOf(life.node.letters.status(id))).toMatchObject({
      code: 'SKEIN_STORE_ELSEWHERE',
    });
  expect(await swarmOf(made, a)).toMatchObject({
    problem: expect.stringContaining('the swarm is kept on here'),
    home: { host: 'here' },
  });
  const letters = handled(lifeOf(b));
  // The formation's broker stays where it is, and names a node of the machine that is back.
  for (const member of kept) made.mesh.start(member);
  await made.until(() => letters.length === 1, 'the letter that was kept arrives');
  expect(letters.map(({ body }) => body)).toEqual(['before']);
  expect(kept).not.toContain(made.broker.member);
  const { broker } = await swarmOf(made, a);
  expect(kept.map(({ nodeName }) => nodeName)).toContain(broker);
  expect((await made.world.resolve(lifeOf(a).node.letters.status(id)))?.id).toBe(id);
});

test('where the swarm is kept is remembered by machines that only heard of it', async () => {
  const { made, kept, left, a, b } = await twoMachines(17);
  await made.world.run(1000);
  for (const member of made.mesh.members) made.mesh.crash(member);
  for (const member of left) made.mesh.start(member);
  await made.agreed(left, limitMs);
  await made.world.run(1000);
  expect(await made.problemOf(lifeOf(a).node.swarm.nodes())).toMatchObject({
    code: 'SKEIN_STORE_ELSEWHERE',
  });
  const letters = handled(lifeOf(b));
  for (const member of kept) made.mesh.start(member);
  await made.until(() => letters.length === 1, 'the letter that was kept arrives');
});

test('a machine that is gone for good is abandoned by hand, and is a stranger when it comes back', async () => {
  const { made, kept, left, a, b, id } = await twoMachines(18);
  for (const member of kept) made.mesh.crash(member);
  await made.agreed(left, limitMs);
  await made.world.run(1000);
  const home = await made.world.resolve(lifeOf(a).node.swarm.adopt());
  expect(await made.world.resolve(lifeOf(b).node.swarm.adopt())).toEqual(home);
  const letters = handled(lifeOf(b));
  await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, 'after'), limitMs);
  await made.until(() => letters.length === 1, 'the new store hands out its own');
  expect(await made.world.resolve(lifeOf(a).node.letters.status(id))).toBe(undefined);
  for (const member of kept) made.mesh.start(member);
  await made.agreed(made.mesh.members, limitMs);
  await made.world.run(5000);
  expect(letters.map(({ body }) => body)).toEqual(['after']);
  for (const member of made.mesh.members)
    expect(await swarmOf(made, member)).toMatchObject({ home: { store: home.store } });
  // Its letters are not lost: it can be adopted again.
  const back = await made.world.resolve(lifeOf(kept[0]).node.swarm.adopt());
  expect(back.store).not.toBe(home.store);
  await made.until(() => letters.length === 2, 'the first store hands out what waited there');
  expect(letters.map(({ body }) => body)).toEqual(['after', 'before']);
});

test('the swarm is kept by a node that has a store, also where its broker has none', async () => {
  const made = new FormationRun({ seed: 19, nodes: 4, machines: 2 });
  const [first, second] = made.machines as [readonly Member[], readonly Member[]];
  for (const member of second) member.store = storeModels;
  for (const member of first) void made.mesh.start(member);
  await made.agreed(first, limitMs);
  for (const member of second) void made.mesh.start(member);
  await made.agreed(made.mesh.members, limitMs);
  expect(first).toContain(made.broker.member);
  await made.world.run(1000);
  const letters = handled(lifeOf(second[1]));
  await made.world.resolve(lifeOf(first[0]).node.letters.send((second[1] as Member).nodeName, 1));
  await made.until(() => letters.length === 1, 'the letter arrives');
  made.end();
});

const day = 24 * 3_600_000;

test('no letter expires earlier, and none later, where the clock of its broker is set by a day', async () => {
  const made = await machine(21, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const undelivered: { id: string; state: string; at: number }[] = [];
  a.node.events.addEventListener('letter:undelivered', ({ detail: { id, state } }) =>
    undelivered.push({ id, state, at: made.world.now }),
  );
  const { clock } = made.broker.platform;
  const send = (body: string, expiresMs: number) =>
    made.world.resolve(a.node.letters.send(b.node.name, body, { expiresMs }));
  const before = await send('sent before', 40_000);
  const lasting = await send('lasting', day);
  const sentAt = made.world.now;
  clock.jumpWall(day);
  await made.world.run(15_000);
  expect(undelivered).toEqual([]);
  const during = await send('sent while it is ahead', 60_000);
  clock.jumpWall(-day);
  await made.world.run(10_000);
  await made.until(() => undelivered.length === 1, 'the first one expires');
  await made.world.run(20_000);
  await made.until(() => undelivered.length === 2, 'the second one expires');
  expect(undelivered.map(({ id, state }) => [id, state])).toEqual([
    [before.id, 'expired'],
    [during.id, 'expired'],
  ]);
  // Looked for every 10 s.
  expect((undelivered[0]?.at ?? 0) - sentAt).toBeLessThan(40_000 + 10_100);
  expect((undelivered[1]?.at ?? 0) - sentAt).toBeLessThan(15_000 + 60_000 + 10_200);
  const letters = handled(b);
  await made.until(() => letters.length === 1, 'the one that lasts is handed out');
  expect(letters[0]?.id).toBe(lasting.id);
});

test('no letter comes earlier, and none later, where the clock of its broker is set while it waits for its time', async () => {
  const made = await machine(23, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { clock } = made.broker.platform;
  const got: [unknown, number][] = [];
  b.node.letters.handle(({ body, attempt }) => {
    got.push([`${body} ${attempt}`, made.world.now]);
    if (attempt < 5) throw new Error('not yet');
  });
  // The first letter of a swarm waits for its new store.
  await made.world.resolve(a.node.letters.send(made.broker.node.name, 'first'));
  const beganAt = made.world.now;
  const notBefore = new Date(a.platform.wallNow() + 60_000);
  const { id } = await made.world.resolve(a.node.letters.send(b.node.name, 'waits', { notBefore }));
  await made.world.run(10_000);
  clock.jumpWall(day);
  await made.world.run(20_000);
  expect(got).toEqual([]);
  // When that is, the clock of the machine says.
  const status = await made.world.resolve(a.node.letters.status(id));
  const left = beganAt + 60_000 - made.world.now;
  expect(status?.recipients[0]?.due ?? 0).toBeGreaterThan(made.broker.platform.wallNow() + left - 100);
  expect(status?.recipients[0]?.due ?? 0).toBeLessThan(made.broker.platform.wallNow() + left + 100);
  clock.jumpWall(-2 * day);
  await made.until(() => got.length === 1, 'its time comes');
  expect((got[0]?.[1] ?? 0) - beganAt).toBeGreaterThanOrEqual(59_900);
  expect((got[0]?.[1] ?? 0) - beganAt).toBeLessThan(60_500);
  // Attempts after 1, 2, 4 and 8 s, each a fifth more or less.
  await made.until(() => got.length === 4, 'the next attempts');
  clock.jumpWall(3 * day);
  await made.until(() => got.length === 5, 'the last one');
  const waited = (got[4]?.[1] ?? 0) - (got[3]?.[1] ?? 0);
  expect(waited).toBeGreaterThan(6300);
  expect(waited).toBeLessThan(10_500);
});

test('a clock that was set by a day while the broker was being replaced lets no letter expire early', async () => {
  const made = await machine(22, 3);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const sent = await made.world.resolve(a.node.letters.send(b.node.name, 'kept', { expiresMs: day / 2 }));
  made.mesh.crash(broker.member);
  for (const life of [a, b]) life.platform.clock.jumpWall(day);
  await made.world.run(15_000);
  const status = await made.world.resolve(a.node.letters.status(sent.id));
  expect(status?.recipients).toMatchObject([{ state: 'stored' }]);
  const statuses = await made.world.resolve(Promise.all([a.node.status(), b.node.status()]));
  const [noticed] = statuses.flatMap(
    ({ features }) => (features.swarm as { clockSet?: object }).clockSet ?? [],
  );
  const wallNow = a.platform.wallNow();
  expect(noticed).toEqual({
    expected: expect.closeTo(wallNow - day, -5),
    wallNow: expect.closeTo(wallNow, -5),
  });
});
