/** Envelopes of ordinary messages in the log of the swarm: who has sent what to whom, and never what was in it. */
import { describe, expect, test } from 'vitest';
import type { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import type { LogEntry } from '../../src/features/log/api.ts';
import { logLimits } from '../../src/features/log/core/limits.ts';
import type { SkeinError } from '../../src/kernel/errors.ts';
import type { Life } from '../../src/sim/world/member.ts';
import type { Table } from '../../src/stores/collections.ts';
import type { StoreContent } from '../../src/stores/parts.ts';
import { formations } from './formations.ts';

const limitMs = 30_000;
const secret = 'this must not be in the log';
const formation = formations();

interface Swarm {
  readonly made: FormationRun;
  /** Logs what it sends; it is not the broker. */
  readonly a: Life;
  readonly b: Life;
  readonly broker: Life;
}

/** All nodes of one machine log what they send, or none does. */
async function swarm(seed: number, logMessages = true): Promise<Swarm> {
  const names = logMessages ? ['n1', 'n2', 'n3'] : [];
  const made = await formation({ seed, nodes: 3, logMessages: names });
  // Until all have heard of each other.
  await made.world.run(2000);
  const { broker } = made;
  const [a, b] = made.others.map(({ life }) => life) as [Life, Life];
  return { made, a, b, broker };
}

async function logged({ made, b }: Swarm): Promise<readonly LogEntry[]> {
  const options = { type: ['message', 'log.missed'], limit: 100_000 };
  return (await made.world.resolve(b.node.log.list(options), limitMs)).entries;
}

/** Rows of the log that are durable. */
function logRows(content: StoreContent): number {
  return (content.get('the log') as { readonly rows: Table<number, unknown> }).rows.size;
}

const short = ({ type, from, to, subject, note }: LogEntry): string =>
  [type, from, '>', ...to, subject, note].filter((text) => text !== '').join(' ');

async function storeOf({ made, broker }: Swarm): Promise<unknown> {
  const { features } = await made.world.resolve(broker.node.status());
  return (features.swarm as { store?: unknown }).store;
}

test('a node with the option logs every message that it sends: kind, recipients, author, trace and time, and no body', async () => {
  const made = await swarm(1);
  const { a, b, broker } = made;
  const { world } = made.made;
  for (const { node } of [b, broker]) node.handle(() => undefined, {});
  const [from, to, third] = [a.node.name, b.node.name, broker.node.name];
  await world.resolve(a.node.send(to, secret, { kind: 'one' }));
  await world.resolve(a.node.send([to, third], secret, { kind: 'two' }));
  await world.resolve(a.node.broadcast(secret, { kind: 'all' }));
  await world.resolve(a.node.broadcast(secret, { kind: 'all-posted', receipt: 'none' }));
  a.node.post(to, secret, { kind: 'posted' });
  a.node.batch(to, { kind: 'batch' }).add(secret);
  await world.resolve(a.node.send(to, new Uint8Array(3_000_000), { kind: 'large' }));
  const sentAt = world.now;
  await world.run(5000);
  const entries = await logged(made);
  expect(entries.map(short)).toEqual([
    `message.sent ${from} > ${to} one`,
    `message.sent ${from} > ${to} ${third} two`,
    `message.sent ${from} > all to all`,
    `message.posted ${from} > all-posted to all`,
    `message.posted ${from} > ${to} posted`,
    `message.sent ${from} > ${to} batch`,
    `message.sent ${from} > ${to} large`,
  ]);
  expect(entries.map(({ trace }) => trace)).toEqual(entries.map(() => [from, third]));
  expect(JSON.stringify(entries)).not.toContain(secret);
  const [last] = (await world.resolve(a.node.log.list({ last: 1 }))).entries;
  await world.resolve(a.node.letters.send(to, 'now'));
  const [now] = (await world.resolve(a.node.log.list({ type: 'letter.stored' }))).entries;
  const age = (now as LogEntry).at - (last as LogEntry).at;
  expect(Math.abs(age - (world.now - sentAt))).toBeLessThan(500);
  // Of one second: one row, and one operation.
  const rows = entries.map(({ n }) => n);
  expect(rows).toEqual(rows.map((_, i) => (rows[0] as number) + i));
});

test('without the option nothing is logged, and no store is opened', async () => {
  const made = await swarm(2, false);
  const { a, b, made: run } = made;
  b.node.handle(() => undefined, {});
  for (let i = 0; i < 20; i++) await run.world.resolve(a.node.send(b.node.name, secret));
  await run.world.run(5000);
  expect(await storeOf(made)).toBe('unused');
  expect(await logged(made)).toEqual([]);
});

test('what is more than a node logs is counted, and the count is in the log', async () => {
  const made = await swarm(3);
  const { a, b } = made;
  const { world } = made.made;
  const count = logLimits.logEnvelopesWaitingMax + 2345;
  for (let i = 0; i < count; i++) a.node.post(b.node.name, i);
  await world.run(30_000);
  const entries = await logged(made);
  const sent = entries.filter(({ type }) => type === 'message.posted').length;
  const missed = entries.filter(({ type }) => type === 'log.missed');
  const notLogged = missed.map(({ note }) => Number(/^(\d+) envelopes were not logged$/.exec(note)?.[1]));
  expect(missed.every(({ from }) => from === a.node.name)).toBe(true);
  expect(sent).toBeGreaterThanOrEqual(logLimits.logEnvelopesWaitingMax);
  expect(sent + notLogged.reduce((sum, each) => sum + each, 0)).toBe(count);
});

test('while the disk of the broker is full messages go on, and what was not logged is counted once there is room', async () => {
  const made = await swarm(4);
  const { a, b, broker } = made;
  const { world } = made.made;
  b.node.handle(() => undefined, {});
  await world.resolve(a.node.send(b.node.name, 'before'));
  await world.run(3000);
  broker.member.host.disk.isFull = true;
  for (let i = 0; i < 50; i++) await world.resolve(a.node.send(b.node.name, i));
  await world.run(10_000);
  broker.member.host.disk.isFull = false;
  await world.run(70_000);
  await world.resolve(a.node.send(b.node.name, 'after'));
  await world.run(3000);
  const types = (await logged(made)).map(({ type, note }) => `${type} ${note}`.trim());
  expect(types).toEqual(['message.sent', 'log.missed 50 envelopes were not logged', 'message.sent']);
});

test('what waits goes to the next broker, and a node that closes hands over what it has', async () => {
  const made = await swarm(5);
  const { a, b, broker } = made;
  const { world, mesh } = made.made;
  b.node.handle(() => undefined, {});
  await world.resolve(a.node.send(b.node.name, 'first', { kind: 'first' }));
  mesh.crash(broker.member);
  await world.resolve(a.node.send(b.node.name, 'second', { kind: 'second' }), limitMs);
  await world.run(10_000);
  await world.resolve(a.node.send(b.node.name, 'third', { kind: 'third' }));
  await world.resolve(a.node.close(), limitMs);
  const entries = await logged(made);
  const kinds = entries.map(({ subject }) => subject);
  expect(kinds.filter((kind) => kind !== '')).toEqual(['first', 'second', 'third']);
});

test('an envelope is logged once where the broker dies between storing and answering', async () => {
  let storedByTheDead = 0;
  for (let seed = 20; seed < 26; seed++) {
    const made = await swarm(seed);
    const { a, b, broker } = made;
    const { world, mesh } = made.made;
    const { disk } = broker.member.host;
    b.node.handle(() => undefined, {});
    await world.resolve(a.node.send(b.node.name, 'before', { kind: 'before' }));
    await world.run(3000);
    // A sync takes 300 ms at least, and the batch goes off after one second.
    disk.slowness = 1000;
    await world.resolve(a.node.send(b.node.name, 'once', { kind: 'once' }));
    await world.run(logLimits.logEnvelopesWaitMs + 200);
    const before = logRows(disk.content);
    mesh.crash(broker.member);
    // Half of the batches are on the disk of the dead broker.
    if (logRows(disk.content) > before) storedByTheDead++;
    disk.slowness = 1;
    await world.run(10_000);
    await world.resolve(a.node.send(b.node.name, 'after', { kind: 'after' }));
    await world.run(3000);
    const kinds = (await logged(made)).map(({ subject, note }) => subject + note);
    expect([seed, kinds]).toEqual([seed, ['before', 'once', 'after']]);
  }
  expect(storedByTheDead).toBeGreaterThan(0);
  expect(storedByTheDead).toBeLessThan(6);
});

describe('a member that lies', () => {
  const envelope = [1, 0, 'kind', 'n1', 0, 0];
  const ask = ({ made, a }: Swarm, input: unknown) =>
    made.world.resolve(a.node.command<string>('log', 'ask', { verb: 'log.messages', input }));
  const problem = async (made: Swarm, input: unknown): Promise<SkeinError | undefined> =>
    ask(made, input).then(
      () => undefined,
      (error: SkeinError) => error,
    );

  test('with what is malformed is refused, and nothing of it is logged', async () => {
    const made = await swarm(6, false);
    const malformed: unknown[] = [
      ...[null, {}, 7, { missed: 0 }, { missed: -1, envelopes: [] }, { missed: 1.5, envelopes: [] }],
      { missed: 0, envelopes: [envelope, null] },
      { missed: 0, envelopes: Array.from({ length: logLimits.logEnvelopesPerBatch + 1 }, () => envelope) },
      ...[
        [2, 0, 'kind', 'n1', 0, 0],
        [1, -5, 'kind', 'n1', 0, 0],
        [1, 0, 'k'.repeat(300), 'n1', 0, 0],
        [1, 0, 7, 'n1', 0, 0],
        [1, 0, 'kind', 'n1  n2', 0, 0],
        [1, 0, 'kind', '../x', 0, 0],
        [1, 0, 'kind', Array.from({ length: 17 }, (_, i) => `n${i}`).join(' '), 0, 0],
        [1, 0, 'kind', 'n1', '3', 0],
        [1, 0, 'kind', 'n1', 0],
      ].map((each) => ({ missed: 0, envelopes: [each] })),
    ];
    for (const input of malformed) {
      const why = await problem(made, input);
      expect([JSON.stringify(input).slice(0, 60), why?.code]).toEqual([
        JSON.stringify(input).slice(0, 60),
        'SKEIN_INVALID',
      ]);
    }
    expect(await logged(made)).toEqual([]);
  });

  test('of times, or in another name, writes now and in its own', async () => {
    const made = await swarm(7, false);
    await ask(made, { missed: 3, envelopes: [[1, 999_999_999, 'kind', 'n1', 5, 0]], author: 'n9' });
    await made.made.world.resolve(made.a.node.letters.send(made.b.node.name, 'now'));
    const [now] = (await made.made.world.resolve(made.b.node.log.list({ type: 'letter' }))).entries;
    const [sent, missed] = (await logged(made)) as [LogEntry, LogEntry];
    expect([sent.from, sent.to, sent.note]).toEqual([made.a.node.name, ['n1'], 'and 5 more recipients']);
    expect((now as LogEntry).at - sent.at).toBeLessThan(logLimits.logEnvelopeAgeMsMax + 5000);
    expect(short(missed)).toBe(`log.missed ${made.a.node.name} > 3 envelopes were not logged`);
  });

  test('in a flood is cut and counted, and has few rows', async () => {
    const made = await swarm(8, false);
    const { world } = made.made;
    const full = { missed: 0, envelopes: Array.from({ length: 500 }, () => envelope) };
    const batches = 100;
    for (let i = 0; i < batches; i++) await ask(made, full);
    await world.run(5000);
    await ask(made, { missed: 0, envelopes: [envelope] });
    const entries = await logged(made);
    const sent = entries.filter(({ type }) => type === 'message.sent').length;
    const missed = entries.filter(({ type }) => type === 'log.missed');
    expect(sent).toBeLessThan(batches * 500);
    expect(missed.length).toBeGreaterThan(0);
    const counted = missed.reduce((sum, { note }) => sum + Number.parseInt(note, 10), 0);
    expect(sent + counted).toBe(batches * 500 + 1);
  });
});
