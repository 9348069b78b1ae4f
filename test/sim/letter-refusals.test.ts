/** What a program gets that sends a letter, where the swarm does not take it, and whether it is stored: under virtual time. */
import { afterEach, expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { LetterOptions } from '../../src/features/letters/api.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations, handled } from './formations.ts';

const formation = formations();
const limitMs = 30_000;

const { mailboxLettersMax, mailboxBytesMax, lettersUnstoredMax, lettersUnstoredBytesMax } = letterLimits;
const setMailbox = (letters: number, bytes: number) =>
  Object.assign(letterLimits, { mailboxLettersMax: letters, mailboxBytesMax: bytes });
const setUnstored = (letters: number, bytes: number) =>
  Object.assign(letterLimits, { lettersUnstoredMax: letters, lettersUnstoredBytesMax: bytes });
afterEach(() => {
  setMailbox(mailboxLettersMax, mailboxBytesMax);
  setUnstored(lettersUnstoredMax, lettersUnstoredBytesMax);
});

async function threeNodes(seed: number) {
  const made = await formation({ seed, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { letters } = a.node;
  const send = (to: string | readonly string[], body: unknown, options: LetterOptions = {}) =>
    made.world.resolve(letters.send(to, body, options), limitMs);
  const codeOf = async (sending: Promise<unknown>) => (await problemOf(made, sending)).code;
  /** What is in the store, the oldest first. */
  const stored = async () => (await made.world.resolve(letters.list(), limitMs)).map(({ id }) => id);
  return { made, a, b, letters, send, codeOf, stored, broker: made.broker };
}

async function problemOf(made: FormationRun, sending: Promise<unknown>): Promise<SkeinError> {
  const problem = await made.world.resolve(
    sending.then(
      () => undefined,
      (error: unknown) => error,
    ),
    limitMs,
  );
  expect(problem).toBeInstanceOf(SkeinError);
  return problem as SkeinError;
}

test('SKEIN_MAILBOX_FULL names the nodes of which as much waits as may: nothing was stored, until they have handled some', async () => {
  const { made, b, broker, letters, send, stored } = await threeNodes(1);
  setMailbox(3, mailboxBytesMax);
  const waiting = [];
  for (const body of [1, 2, 3]) waiting.push((await send(b.node.name, body)).id);
  const problem = await problemOf(made, letters.send([b.node.name, broker.node.name], 4));
  expect(problem).toMatchObject({
    code: 'SKEIN_MAILBOX_FULL',
    retryable: true,
    message: expect.stringContaining(b.node.name),
    details: { nodes: [b.node.name] },
  });
  // Not for the other recipient either, and it is in no outbox.
  expect([await stored(), await letters.outbox()]).toEqual([waiting, []]);
  const got = handled(b);
  await made.until(() => got.length === 3, 'they are handled');
  await made.world.run(1000);
  expect((await send([b.node.name, broker.node.name], 5)).where).toBe('store');
});

test('SKEIN_MAILBOX_FULL is of bytes as well, and is reported of each letter of sendMany', async () => {
  const { made, b, broker, letters, send } = await threeNodes(2);
  setMailbox(mailboxLettersMax, 10_000);
  await send(b.node.name, new Uint8Array(6000));
  const [first, second] = await made.world.resolve(
    letters.sendMany([
      { to: b.node.name, body: new Uint8Array(6000) },
      { to: broker.node.name, body: new Uint8Array(6000) },
    ]),
  );
  expect([first, second]).toMatchObject([{ ok: false, code: 'SKEIN_MAILBOX_FULL' }, { ok: true }]);
  await send(b.node.name, new Uint8Array(3000));
});

test('SKEIN_STORE_FULL: nothing was stored, what is there is read, handled and expires, and there is room again without a restart', async () => {
  const { made, a, b, broker, letters, send, stored } = await threeNodes(3);
  const undelivered: string[] = [];
  a.node.events.addEventListener('letter:undelivered', ({ detail }) => undelivered.push(detail.id));
  const { disk } = broker.member.host;
  const [handledOne, expired] = [
    await send(b.node.name, 'to be handled'),
    await send(b.node.name, 'short', { type: 'nobody handles it', expiresMs: 20_000 }),
  ];
  disk.isFull = true;
  const problem = await problemOf(made, letters.send(b.node.name, 'refused'));
  expect(problem).toMatchObject({ code: 'SKEIN_STORE_FULL', retryable: true });
  // Reads.
  expect([await stored(), await letters.outbox()]).toEqual([[handledOne.id, expired.id], []]);
  const stateOf = async (id: string) =>
    (await made.world.resolve(letters.status(id), limitMs))?.recipients[0]?.state;
  expect(await stateOf(handledOne.id)).toBe('stored');
  const logged = async () => {
    const { entries } = await made.world.resolve(a.node.log.list(), limitMs);
    return entries.map(({ type }) => type).filter((type) => type.startsWith('letter.'));
  };
  expect(await logged()).toEqual(['letter.stored', 'letter.stored']);
  // What frees room.
  const got: unknown[] = [];
  b.node.letters.handle(({ body }) => void got.push(body), { types: ['letter'] });
  await made.until(() => got.length === 1, 'it is handled');
  await made.world.run(1000);
  expect(await stateOf(handledOne.id)).toBe('delivered');
  await made.until(() => undelivered.length === 1, 'it expires');
  expect([undelivered, await stateOf(expired.id)]).toEqual([[expired.id], 'expired']);
  expect((await logged()).slice(2)).toEqual(['letter.delivered', 'letter.expired']);
  expect((await problemOf(made, letters.send(b.node.name, 'refused'))).code).toBe('SKEIN_STORE_FULL');
  disk.isFull = false;
  expect((await send(b.node.name, 'room')).where).toBe('store');
  await made.until(() => got.length === 2, 'it is handed out');
  expect(got).toEqual(['to be handled', 'room']);
  expect(made.broker).toBe(broker);
});

test('a letter in an outbox waits there while the disk of the store is full, one that is sent then is refused, until there is room', async () => {
  const { made, b, broker, letters, send, codeOf } = await threeNodes(4);
  const got = handled(b);
  await send(b.node.name, 'first');
  broker.platform.loop.pause();
  const kept = await send(b.node.name, 'kept');
  expect(kept.where).toBe('outbox');
  broker.member.host.disk.isFull = true;
  broker.platform.loop.resume();
  await made.world.run(10_000);
  expect(await codeOf(letters.send(b.node.name, 'refused'))).toBe('SKEIN_STORE_FULL');
  await made.world.run(20_000);
  const waiting = (await letters.outbox()).map(({ id }) => id);
  expect([got.length, waiting]).toEqual([1, [kept.id]]);
  broker.member.host.disk.isFull = false;
  await made.until(() => got.length === 2, 'it arrives');
  await send(b.node.name, 'later');
  await made.until(() => got.length === 3, 'the next one arrives');
  expect(got.map(({ body }) => body)).toEqual(['first', 'kept', 'later']);
});

test.each([
  ['16,384 letters', 16_384, 100, Number.POSITIVE_INFINITY],
  ['128 MiB of bodies', 128 * 1024 * 1024, Number.POSITIVE_INFINITY, 100 * 1000],
])(
  'SKEIN_BUSY: %s of this node wait for the store already, one more is stored nowhere, and later one is',
  async (_what, most, count, bytes) => {
    expect([lettersUnstoredMax, lettersUnstoredBytesMax]).toContain(most);
    setUnstored(count, bytes);
    const { made, b, letters, send, codeOf } = await threeNodes(5);
    const got = handled(b);
    const body = (i: number) => new Uint8Array(1000).fill(i);
    const sending = Promise.all(Array.from({ length: 100 }, (_, i) => letters.send(b.node.name, body(i))));
    expect(await codeOf(letters.send(b.node.name, body(100)))).toBe('SKEIN_BUSY');
    await made.world.resolve(sending, limitMs);
    await send(b.node.name, 'later');
    await made.until(() => got.length > 100, 'all arrive');
    expect(got.slice(100).map(({ body: last }) => last)).toEqual(['later']);
  },
);

test('SKEIN_ABORTED before the call means that nothing is stored; later that this is unknown, and the key makes a repeat harmless', async () => {
  const { made, b, letters, codeOf, stored } = await threeNodes(6);
  const reason = new Error('enough');
  const before = await problemOf(made, letters.send(b.node.name, 1, { signal: AbortSignal.abort(reason) }));
  expect([before.code, before.cause]).toEqual(['SKEIN_ABORTED', reason]);
  await made.world.run(2000);
  expect(await stored()).toEqual([]);
  const aborting = new AbortController();
  const options = { idempotencyKey: 'k' };
  const sending = letters.send(b.node.name, 2, { ...options, signal: aborting.signal });
  const failed = codeOf(sending);
  aborting.abort(reason);
  expect(await failed).toBe('SKEIN_ABORTED');
  await made.world.run(2000);
  const [id] = await stored();
  const again = await made.world.resolve(letters.send(b.node.name, 2, options));
  expect([again.id, again.isRepeat, await stored()]).toEqual([id, true, [id]]);
});

test('where this node closes, whether a letter is stored is unknown: it may be, once, and the key makes a repeat harmless', async () => {
  const { made, b, broker } = await threeNodes(7);
  const [member] = made.others as [Member];
  const { node } = lifeOf(member);
  const options = { idempotencyKey: 'k' };
  await made.world.resolve(node.letters.send(b.node.name, 'first'), limitMs);
  const sending = problemOf(made, node.letters.send(b.node.name, 'x', options));
  // It is on its way, and no answer is here.
  await made.world.run(8);
  const closing = node.close({ drainMs: 0 });
  const problem = await sending;
  expect(problem.code).toBe('SKEIN_CLOSED');
  await made.world.resolve(closing, limitMs);
  expect((await problemOf(made, node.letters.send(b.node.name, 'y'))).code).toBe('SKEIN_CLOSED');
  await made.world.run(2000);
  const list = await made.world.resolve(broker.node.letters.list(), limitMs);
  expect(list).toHaveLength(2);
  made.mesh.crash(member);
  made.mesh.start(member);
  const repeated = lifeOf(member).node.letters.send(b.node.name, 'x', options);
  const again = await made.world.resolve(repeated, limitMs);
  expect([again.id, again.isRepeat]).toEqual([list[1]?.id, true]);
});

test('a broker whose clock is below the epoch of the store claims it again above that, before it writes', async () => {
  const made = await formation({ seed: 8, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const { content } = made.broker.member.host.disk;
  const claim = content.get('the claim') as { epoch: number };
  expect(claim.epoch).toBe(0);
  const ahead = Date.UTC(2100, 0) * 1000;
  claim.epoch = ahead;
  const letters = handled(b);
  expect((await made.world.resolve(a.node.letters.send(b.node.name, 1), limitMs)).where).toBe('store');
  await made.until(() => letters.length === 1, 'it is handed out');
  expect(claim.epoch).toBe(ahead + 1);
});
