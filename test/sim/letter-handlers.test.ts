/** Handlers of letters that are slow or fail, under virtual time: what is reported, and when the next attempt comes. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { HandleOptions, Letter } from '../../src/features/letters/api.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import { operations } from '../../src/features/letters/remote.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import type { Life } from '../../src/sim/world/member.ts';
import type { Table } from '../../src/stores/collections.ts';
import { formations, handled } from './formations.ts';

const formation = formations();
const day = 24 * 3_600_000;
const never = () => new Promise(() => undefined);

async function authorAndRecipient(seed: number) {
  const made = await formation({ seed, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const warnings: string[] = [];
  b.node.events.addEventListener('warning', ({ detail: { code, text } }) =>
    warnings.push(`${code}: ${text}`),
  );
  const undelivered: { state: string; reason: string; at: number }[] = [];
  a.node.events.addEventListener('letter:undelivered', ({ detail: { state, reason } }) =>
    undelivered.push({ state, reason, at: made.world.now }),
  );
  const send = (body: unknown) => made.world.resolve(a.node.letters.send(b.node.name, body));
  return { made, a, b, warnings, undelivered, send };
}

/** Handles letters so, and notes when each attempt began. */
function attemptsOf(life: Life, act: (letter: Letter) => unknown, options: HandleOptions = {}) {
  const attempts: { attempt: number; at: number }[] = [];
  life.node.letters.handle((letter) => {
    attempts.push({ attempt: letter.attempt, at: life.platform.clock.now() });
    return act(letter);
  }, options);
  return attempts;
}

test('a handler that has not settled after 60 s is warned about once, and its letter stays in hand, alone', async () => {
  const { made, a, b, warnings, send } = await authorAndRecipient(1);
  let finish: () => void = () => undefined;
  const letters = handled(b, ({ body }) =>
    body === 'slow'
      ? new Promise<void>((resolve) => {
          finish = resolve;
        })
      : undefined,
  );
  const { id } = await send('slow');
  await made.until(() => letters.length === 1, 'it is in hand');
  await made.world.run(letterLimits.letterSlowMs - 1000);
  expect(warnings).toEqual([]);
  await made.world.run(2000);
  expect(warnings).toEqual([`letters: the handler of letter ${id} has not settled within 60 s`]);
  await made.world.run(5 * letterLimits.letterSlowMs);
  // Others are handed out meanwhile.
  await send('next');
  await made.until(() => letters.length === 2, 'the next one arrives');
  const stateOf = async () => (await made.world.resolve(a.node.letters.status(id)))?.recipients[0];
  expect(await stateOf()).toMatchObject({ state: 'stored', attempts: 0 });
  finish();
  await made.world.run(1000);
  expect(await stateOf()).toMatchObject({ state: 'delivered', attempts: 1 });
  expect([letters.length, warnings.length]).toEqual([2, 1]);
});

test('a handler that settles within 60 s is not warned about', async () => {
  const { made, b, warnings, send } = await authorAndRecipient(2);
  const letters = handled(
    b,
    () => new Promise((resolve) => made.world.at(made.world.now + 59_000, () => resolve(1))),
  );
  await send('x');
  await made.until(() => letters.length === 1, 'it arrives');
  await made.world.run(2 * letterLimits.letterSlowMs);
  expect(warnings).toEqual([]);
});

test('handlerTimeoutMs ends the attempt of a handler that never settles: another follows, and the last one has failed', async () => {
  const { made, a, b, warnings, undelivered, send } = await authorAndRecipient(3);
  const options = { handlerTimeoutMs: 5000, attempts: 2, concurrency: 1 };
  const attempts = attemptsOf(b, never, options);
  const { id } = await send('stuck');
  await made.until(() => undelivered.length === 1, 'it has failed');
  const reason = 'the handler has not settled within 5000 ms';
  expect(undelivered).toMatchObject([{ state: 'failed', reason }]);
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  const [waited] = waitsOf(attempts);
  expect(waited).toBeGreaterThanOrEqual(5000 + 800);
  expect(waited).toBeLessThan(5000 + 1200 + 100);
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toContain(`handler: letter ${id} from ${a.node.name}, attempt 2: Error: ${reason}`);
  // Its place is free again, of a concurrency of 1.
  await send('next');
  await made.until(() => attempts.length === 3, 'the next letter is begun');
});

test('what a handler does after its timeout does not count: its letter ends by the next attempt', async () => {
  const { made, a, b, undelivered, send } = await authorAndRecipient(4);
  const ends: (() => void)[] = [];
  const attempts = attemptsOf(b, () => new Promise<void>((_, reject) => ends.push(() => reject(refusal()))), {
    handlerTimeoutMs: 1000,
  });
  const { id } = await send('slow');
  await made.until(() => attempts.length === 2, 'the second attempt');
  ends[0]?.();
  await made.world.run(500);
  expect(undelivered).toEqual([]);
  ends[1]?.();
  await made.until(() => undelivered.length === 1, 'it is refused');
  expect((await made.world.resolve(a.node.letters.status(id)))?.recipients).toMatchObject([
    { state: 'refused', attempts: 2 },
  ]);
});

function refusal(): SkeinError {
  return new SkeinError('SKEIN_REFUSED', 'not for me');
}

/** Of attempts that fail at once. */
const waitsOf = (attempts: readonly { at: number }[]) =>
  attempts.slice(1).map(({ at }, i) => at - (attempts[i] as { at: number }).at);

test('the waits between attempts double from 1 s to 5 min, each a fifth more or less; ten attempts, unless said otherwise', async () => {
  const { made, b, undelivered, send } = await authorAndRecipient(5);
  const fail = () => {
    throw new Error('no');
  };
  const attempts = attemptsOf(b, fail);
  await send('x');
  expect(await made.world.runUntil(() => undelivered.length === 1, 3_600_000)).toBe(true);
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(undelivered).toMatchObject([{ state: 'failed', reason: 'no' }]);
  const shares = waitsOf(attempts).map((waited, i) => waited / Math.min(1000 * 2 ** i, 300_000));
  for (const share of shares) {
    expect(share).toBeGreaterThanOrEqual(0.8);
    // The broker looks, and the letter travels.
    expect(share).toBeLessThan(1.25);
  }
  // Drawn, each by itself.
  expect(new Set(shares.map((share) => share.toFixed(3))).size).toBeGreaterThan(6);
  expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.15);
});

test('after the ninth attempt the wait is 5 min, and not longer, however many follow', async () => {
  const { made, b, undelivered, send } = await authorAndRecipient(6);
  const fail = () => {
    throw new Error('no');
  };
  const attempts = attemptsOf(b, fail, { attempts: 13 });
  await send('x');
  expect(await made.world.runUntil(() => undelivered.length === 1, 2 * 3_600_000)).toBe(true);
  const late = waitsOf(attempts).slice(9);
  expect(late).toHaveLength(3);
  for (const waited of late) {
    expect(waited).toBeGreaterThanOrEqual(240_000);
    expect(waited).toBeLessThan(361_000);
  }
});

test('a handler gets 16 letters at a time, unless said otherwise', async () => {
  const { made, a, b } = await authorAndRecipient(7);
  const ends: (() => void)[] = [];
  const letters = handled(b, () => new Promise<void>((resolve) => ends.push(resolve)));
  const many = Array.from({ length: 20 }, (_, body) => ({ to: b.node.name, body }));
  await made.world.resolve(a.node.letters.sendMany(many));
  await made.world.run(5000);
  expect(letters).toHaveLength(16);
  ends[0]?.();
  await made.world.run(100);
  expect(letters).toHaveLength(17);
});

test('a letter expires after 30 days, unless said otherwise', async () => {
  const { made, send } = await authorAndRecipient(8);
  await send('x');
  const { disk } = made.broker.member.host;
  const { expiring } = disk.content.get('letters') as { expiring: Table<readonly [number], null> };
  const [expiresAt] = [...expiring.rows()].map(([[at]]) => at);
  const left = (expiresAt ?? 0) - made.broker.platform.wallNow();
  // By the time of the store, which may be a little apart from the clock.
  expect(left).toBeGreaterThan(30 * day - 5000);
  expect(left).toBeLessThan(30 * day + 5000);
});

test('a ticket of an attached program settles its letter once, and only in the session that it was given in', async () => {
  const { made, a, b, send } = await authorAndRecipient(9);
  const asking = {
    ...{ signal: new AbortController().signal, nodeEnded: new AbortController().signal },
    ...{
      canBeGivenUp: false,
      caller: {},
      bodies: { toWire: (body: unknown) => body, fromWire: (body: unknown) => body },
    },
  };
  const { handleLetters, settleLetter } = operations;
  const items = await made.world.resolve(handleLetters.run(b.node, {}, asking));
  const iterator = items[Symbol.asyncIterator]();
  const sent = [await send(1), await send(2)];
  const next = async () => (await made.world.resolve(iterator.next())).value.ticket as number;
  const [first, second] = [await next(), await next()];
  const settle = (ticket: number, failure?: { code: string; message: string }, caller = asking.caller) =>
    settleLetter.run(
      b.node,
      { ticket, ...(failure === undefined ? {} : { failure }) },
      { ...asking, caller },
    );
  // Before anything that follows from the first one.
  const [, twice] = await Promise.allSettled([
    settle(first),
    settle(first, { code: 'SKEIN_REFUSED', message: 'no' }),
  ]);
  expect(twice).toMatchObject({ status: 'rejected', reason: { code: 'SKEIN_INVALID' } });
  const invalid = { code: 'SKEIN_INVALID', message: expect.stringContaining('ticket') };
  const no = { code: 'SKEIN_REFUSED', message: 'no' };
  await expect(settle(first, no)).rejects.toMatchObject(invalid);
  await expect(settle(second, no, {})).rejects.toMatchObject(invalid);
  await expect(settle(77)).rejects.toMatchObject(invalid);
  await made.world.run(1000);
  const states = async () =>
    Promise.all(
      sent.map(async ({ id }) => (await made.world.resolve(a.node.letters.status(id)))?.recipients[0]?.state),
    );
  expect(await states()).toEqual(['delivered', 'stored']);
  await settle(second, no);
  await expect(settle(second)).rejects.toMatchObject(invalid);
  await made.world.run(1000);
  expect(await states()).toEqual(['delivered', 'refused']);
});
