import { expect, test } from 'vitest';
import { UsageError } from '../../../cli/kit/exit.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { LetterStatus } from '../api.ts';
import { allLetters, findLetter, findLetterId } from './find-letter.ts';
import { formatLetters } from './ls.ts';
import { formatLetter } from './show.ts';
import { lineOf } from './watch.ts';

function letterOf(n: number, id: string, more: Partial<LetterStatus> = {}): LetterStatus {
  const recipients = [{ name: 'b', state: 'stored', attempts: 0 }] as const;
  return { id: id.padEnd(32, '0'), n, from: 'a', type: 'letter', sentAt: 0, bytes: 5, recipients, ...more };
}

/** Answers as a node with these letters does, a page at a time. */
function clientOf(letters: readonly LetterStatus[], perPage = 2): ControlClient {
  const answer = (operation: string, { after = 0, id = '' }: { after?: number; id?: string }): unknown =>
    operation === 'outbox'
      ? { letters: [] }
      : operation === 'letters'
        ? { letters: letters.filter(({ n }) => n > after).slice(0, perPage) }
        : { letter: letters.find((each) => each.id === id) ?? null };
  return { call: async (name: string, input: object) => answer(name, input) } as unknown as ControlClient;
}

const letters = [letterOf(1, 'abcd1'), letterOf(2, 'abcd2'), letterOf(5, 'ffff'), letterOf(6, 'abce')];

test('all pages of a list are asked for, however many letters are in one', async () => {
  for (const perPage of [1, 2, 3, 4, 5])
    expect(await allLetters(clientOf(letters, perPage), {})).toEqual(letters);
  expect(await allLetters(clientOf([]), {})).toEqual([]);
});

test('a page that repeats itself is an error', async () => {
  const stuck = { call: async () => ({ letters: [letters[0]] }) } as unknown as ControlClient;
  await expect(allLetters(stuck, {})).rejects.toThrow(
    'letters.list: a list that does not get on was answered: 1 behind 1',
  );
});

test('a letter is found by the first digits of its id; one that nobody knows is no wrong input', async () => {
  const client = clientOf(letters);
  expect(await findLetterId(client, 'ABCE')).toBe(letters[3]?.id);
  expect((await findLetter(client, 'abcd2')).n).toBe(2);
  await expect(findLetterId(client, 'abcd')).rejects.toThrow('the ids of 2 letters begin with abcd');
  await expect(findLetter(client, 'abc')).rejects.toThrow(UsageError);
  for (const unknown of ['0000', '0'.repeat(32)])
    await expect(findLetter(client, unknown)).rejects.toThrow(`the swarm has no letter ${unknown}: `);
});

test('tables of letters with long names fit 80 columns, and their ids and times are whole', () => {
  const name = 'n'.repeat(64);
  const recipients = (['delivered', 'failed', 'stored'] as const).map((state) => ({
    name,
    state,
    attempts: 10,
    at: 0,
    reason: 'no paper '.repeat(20),
  }));
  const long = letterOf(1, 'abcd1', { from: name, type: 't'.repeat(127), recipients });
  const tables = [formatLetters([long]), formatLetter(long).split('\n\n')[1] as string];
  for (const line of tables.flatMap((table) => table.split('\n')))
    expect(line.length, line).toBeLessThanOrEqual(80);
  expect(tables[0]).toMatch(/^abcd1000 {2}19[67]\d-\d\d-\d\dT\d\d:\d\d:\d\d {2}n+… {2}n+… {2}t+… {2}/m);
  expect(tables[1]).toMatch(/^n+… +failed +10 +19[67]\d-\d\d-\d\dT\d\d:\d\d:\d\d {2}no paper .*…$/m);
});

test('several recipients are counted, also by how it stands with them', () => {
  const recipients = ['b', 'c', 'd'].map((name) => ({ name, state: 'stored' as const, attempts: 0 }));
  const delivered = { name: 'e', state: 'delivered' as const, attempts: 1 };
  const line = (of: LetterStatus['recipients']): string | undefined =>
    formatLetters([letterOf(1, 'abcd1', { recipients: of })]).split('\n')[1];
  expect(line([...recipients, delivered])).toMatch(/ {2}b and 3 more {2}letter {2}3 stored, 1 delivered$/);
  expect(line(recipients.slice(1))).toMatch(/ {2}c, d {2}letter {2}stored$/);
});

test('a watched recipient shows its attempts, and what it said last', () => {
  expect(lineOf({ name: 'b', state: 'stored', attempts: 0 })).toBe('b  stored');
  expect(lineOf({ name: 'b', state: 'stored', attempts: 1, reason: 'no paper' })).toBe(
    'b  stored, 1 attempt: no paper',
  );
  expect(lineOf({ name: 'b', state: 'delivered', attempts: 2 })).toBe('b  delivered');
});

test('letters of the outbox are found by their first digits, also while nobody keeps the swarm', async () => {
  const own = 'abcd3'.padEnd(32, '0');
  const clientWith = (stored: () => unknown) =>
    ({
      call: async (name: string) => (name === 'outbox' ? { letters: [{ id: own }] } : stored()),
    }) as unknown as ControlClient;
  const away = (): never => {
    throw new Error('elsewhere');
  };
  expect(await findLetterId(clientWith(away), 'abcd')).toBe(own);
  await expect(findLetterId(clientWith(away), 'ffff')).rejects.toThrow('elsewhere');
  // On its way it is in both.
  const page = (letters: readonly LetterStatus[]) => {
    let isFirst = true;
    return () => {
      const found = isFirst ? letters : [];
      isFirst = false;
      return { letters: found };
    };
  };
  expect(await findLetterId(clientWith(page([letterOf(1, 'abcd3')])), 'abcd')).toBe(own);
  await expect(findLetterId(clientWith(page([letterOf(1, 'abcd4')])), 'abcd')).rejects.toThrow(
    'the ids of 2 letters begin with abcd',
  );
});
