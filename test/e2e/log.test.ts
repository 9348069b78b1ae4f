/** The command line of the log, with real processes: listed, followed, and kept in a file over deaths of the broker. */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogEntry, LogList } from '../../src/features/log/api.ts';
import { Site } from './helpers.ts';
import { inTerminal, noTerminal, skein } from './in-terminal.ts';

let site: Site;
beforeAll(async () => {
  site = await Site.open(undefined, { SKEIN_NAMESPACE: `log-${process.pid}` });
  await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--count', '2', '--node', 'a');
});
afterAll(() => site.close());

const send = async (body: string, ...args: string[]): Promise<string> =>
  (await site.must('letter', 'send', 'b', body, ...args, '--node', 'a')).trimEnd();
const list = (...args: string[]): Promise<LogList> => site.json('log', ...args, '--node', 'a');

describe('the log of two nodes', () => {
  test('is listed for people and for programs, filtered, and never says what was sent', async () => {
    const id = await send('a secret', '--type', 'note');
    const shown = await site.must('log', '--type', 'letter', '--from', 'a', '--node', 'b');
    expect(shown).toMatch(
      new RegExp(
        String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d  letter\.stored     a -> b  ${id.slice(0, 8)}  note\n$`,
      ),
    );
    const { entries, isMore, cursor } = await list('--subject', id);
    expect(entries).toEqual([
      {
        ...{
          cursor: expect.stringMatching(/^[0-9a-f]{12}\.\d+$/),
          n: expect.any(Number),
          at: expect.any(Number),
        },
        ...{ type: 'letter.stored', from: 'a', to: ['b'], subject: id, note: 'note' },
        trace: expect.arrayContaining(['a']),
      },
    ]);
    expect([isMore, cursor.split('.')[0]]).toEqual([false, entries[0]?.cursor.split('.')[0]]);
    expect(await site.must('log', '--node', 'a')).not.toContain('secret');
    expect(await site.must('log', '--about', 'nobody', '--node', 'a')).toBe('no events\n');
    expect((await list('--since', '1h', '--type', 'letter')).entries).toHaveLength(1);
    expect((await list('--until', '1h', '--type', 'letter')).entries).toEqual([]);
    const [first] = (await list('--after', `${cursor.split('.')[0]}.0`)).entries;
    expect(first).toMatchObject({ n: 1, type: 'broker.changed' });
  });

  test('has lines that fit the terminal, and are whole for a pipe', async ({ skip }) => {
    if (noTerminal !== undefined) skip(noTerminal);
    await send('x', '--type', `n${'o'.repeat(60)}te`);
    const asked = 'log --type letter.stored --last 1 --node a';
    const whole = (await site.must(...asked.split(' '))).trimEnd();
    expect(whole).toMatch(/o{60}te$/);
    const { stdout } = await inTerminal(site, `stty cols 70; ${skein} ${asked}; ${skein} ${asked} | cat`)
      .ended;
    const shown = stdout.split(/\r?\n/).filter((line) => line.includes('letter.stored'));
    expect(shown).toEqual([`${whole.slice(0, 69)}\u2026`, whole]);
  });

  test('is followed from its last events on', async () => {
    const before = (await list('--type', 'letter')).entries.length;
    const following = site.start(
      'log',
      '--follow',
      '--type',
      'letter',
      '--last',
      '1',
      '--count',
      '1',
      '--json',
      '--node',
      'b',
    );
    const first = JSON.parse((await following.lines.next()).value as string) as LogEntry;
    expect(first).toEqual((await list('--type', 'letter')).entries[before - 1]);
    const id = await send('more');
    expect(JSON.parse((await following.lines.next()).value as string)).toMatchObject({ subject: id });
    expect((await following.ended).exitCode).toBe(0);
  });

  test('refuses what is wrong in one line', async () => {
    const wrong: [string[], string][] = [
      [['--since', 'yesterday'], 'Expected a duration such as 30m, or a time such as 2026-11-29T12:00'],
      [['--after', '0123456789ab.1'], 'is not in the log of the store that the broker has'],
      [['--after', 'x'], 'expected the cursor of an entry or of a list'],
      [['--out', 'x'], '--out: goes with --keep NAME'],
      [['--count', '1'], '--count: goes with --follow and --keep'],
      [['--keep', 'x', '--last', '1'], '--keep'],
      [['--keep', 'x', '--out', join(site.folder, 'none', 'x')], 'cannot be written'],
    ];
    for (const [args, text] of wrong) {
      const { exitCode, stdout, stderr } = await site.run(['log', ...args, '--node', 'a']);
      expect([args, exitCode, stdout, stderr.split('\n').length]).toEqual([args, 2, '', 2]);
      expect(stderr).toContain(text);
    }
  });
});

test('a file that keeps the log has every event, also those from while nobody kept it, and of a line that was cut', async () => {
  const file = join(site.folder, 'audit.jsonl');
  const numbers = (): number[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) =>
        line.startsWith('{') && line.endsWith('}') ? [(JSON.parse(line) as LogEntry).n] : [],
      );
  const endOf = async (): Promise<number> => (await list('--last', '1')).entries[0]?.n as number;
  const keep = (count: number) =>
    site.must('log', '--keep', 'audit', '--out', file, '--count', `${count}`, '--node', 'b');
  const before = await endOf();
  await keep(before);
  expect(numbers()).toEqual(Array.from({ length: before }, (_, i) => i + 1));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await send('while nobody keeps it');
  appendFileSync(file, '{"cut');
  const end = await endOf();
  await keep(end - before);
  expect(numbers()).toEqual(Array.from({ length: end }, (_, i) => i + 1));
  expect(await site.must('log', 'readers', '--node', 'a')).toMatch(
    new RegExp(String.raw`^NAME +CURSOR +WHEN\naudit +[0-9a-f]{12}\.${end} `),
  );
  expect(await site.must('log', 'forget', 'audit', '--node', 'a')).toBe('');
  expect((await site.run(['log', 'forget', 'audit', '--node', 'a'])).exitCode).toBe(1);
  expect(await site.must('log', 'readers', '--node', 'a')).toBe('nobody keeps the log\n');
});

test('skein up --log-messages logs what that node sends, and of others nothing', async () => {
  const site = await Site.open(undefined, { SKEIN_NAMESPACE: `log-messages-${process.pid}` });
  try {
    await Promise.all([site.up('c', '--log-messages'), site.up('d')]);
    await site.must('status', '--count', '2', '--node', 'c');
    await site.must('send', 'd', 'a secret', '--kind', 'greeting', '--node', 'c');
    await site.must('send', 'c', 'another', '--kind', 'unlogged', '--node', 'd');
    const kept = await site.must('log', '--keep', 'x', '--type', 'message', '--count', '1', '--node', 'd');
    const entry = JSON.parse(kept) as LogEntry;
    expect(entry).toMatchObject({
      type: 'message.sent',
      from: 'c',
      to: ['d'],
      subject: 'greeting',
      note: '',
    });
    const shown = await site.must('log', '--node', 'c');
    expect(shown).toMatch(/ {2}message\.sent {6}c -> d {2}greeting\n/);
    expect(shown).not.toMatch(/secret|unlogged/);
  } finally {
    await site.close();
  }
});
