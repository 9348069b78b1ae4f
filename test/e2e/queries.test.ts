/** The command line of queries, with real processes. Each site has a namespace, and so a swarm, of its own. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeStats } from '../../src/features/queries/api.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { Site } from './helpers.ts';

let site: Site;
let b: SkeinNode;

beforeAll(async () => {
  site = await Site.open(undefined, { SKEIN_NAMESPACE: `queries-${process.pid}` });
  await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--wait', '--count', '2', '--node', 'a');
  b = await attach({ control: join(site.folder, 'run', 'b.sock') });
});
afterAll(async () => {
  await b.close();
  await site.close();
});

const query = (...args: string[]): Promise<string> => site.must('query', ...args, '--node', 'a');
const refused = (...args: string[]) => site.run(['query', ...args, '--node', 'a']);

test('the figures of a node are printed as JSON, its machine among them', async () => {
  const stats = JSON.parse(await query('b', 'stats')) as NodeStats;
  expect(stats).toMatchObject({ version: expect.any(String), nodeCount: 2, linkCount: 1 });
  const { machine } = stats;
  expect(machine?.cores).toBeGreaterThan(0);
  expect(machine?.memoryBytes).toBeGreaterThan(machine?.freeMemoryBytes as number);
  expect(machine?.processMemoryBytes).toBeGreaterThan(1024 * 1024);
  expect(machine?.processCpuMs).toBeGreaterThan(0);
  expect(await site.json('query', 'b', 'mood', '--node', 'a')).toEqual({
    answer: { mood: 'idle', running: 0, waiting: 0 },
  });
});

test('the swarm is asked with --swarm, and a letter is in its state', async () => {
  const seen = JSON.parse(await query('--swarm', 'peers')) as { peers: { name: string }[] };
  expect(seen.peers.map(({ name }) => name)).toEqual(['a', 'b']);
  const id = (await site.must('letter', 'send', 'b', 'hello', '--node', 'a')).trimEnd();
  const state = { letters: [expect.objectContaining({ id, from: 'a', bytes: 6, recipientCount: 1 })] };
  expect(JSON.parse(await query('--swarm', 'state', 'a'))).toEqual(state);
  expect(JSON.parse(await query('a', 'state'))).toEqual(state);
  expect(JSON.parse(await query('--swarm', 'state', '--json-body', '{"from":"b"}'))).toEqual({ letters: [] });
});

test("what a program answers is printed: text as text, bytes as bytes; its node's services name it", async () => {
  const answer = b.queries.answer('echo', ({ input }) => input);
  const bytes = b.queries.answer('bytes', () => Uint8Array.of(0, 1, 10));
  await Promise.all([answer.opened, bytes.opened]);
  expect(await query('b', 'echo', 'hello')).toBe('hello\n');
  expect(await query('b', 'echo', '{"a":[1]}', '--json-body', '--json')).toBe(
    `${JSON.stringify({ answer: { a: [1] } }, null, 2)}\n`,
  );
  expect(await query('b', 'echo')).toBe('null\n');
  expect(await query('b', 'bytes')).toBe('\u0000\u0001\n');
  expect(JSON.parse(await query('b', 'services')).queries).toEqual(expect.arrayContaining(['bytes', 'echo']));
  await Promise.all([answer.close(), bytes.close()]);
});

test('what is unknown is one line with its own code and exit code 1, at once', async () => {
  const { exitCode, stdout, stderr } = await refused('b', 'weather', '--timeout', '1h');
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toBe(
    'skein: query weather at b: it is unknown: b answers availability, mood, peers, service, services, state, stats (SKEIN_UNKNOWN_QUERY)\n',
  );
  expect(await refused('--swarm', 'weather')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^skein: query weather at the swarm: it is unknown: .*\(SKEIN_UNKNOWN_QUERY\)\n$/,
    ),
  });
  expect(await refused('zz', 'stats')).toMatchObject({
    ...{ exitCode: 1, stderr: 'skein: query stats: no node is called "zz" (SKEIN_UNKNOWN_NODE)\n' },
  });
});

test.each<[string[], string]>([
  [[], 'query: name the query; usage: skein query NODE NAME [INPUT]'],
  [['b'], 'query: name the query; usage: skein query NODE NAME [INPUT]'],
  [['--swarm'], 'query: name the query; usage: skein query --swarm NAME [INPUT]'],
  [
    ['--swarm', 'b', 'stats', 'x'],
    'query: too many arguments ("x"); usage: skein query --swarm NAME [INPUT]',
  ],
  [
    ['b', 'service'],
    'query service at b: service: its input is the name of a service, got null (SKEIN_INVALID)',
  ],
  [
    ['b', 'peers', 'x'],
    'query peers at b: peers: its input is nothing, or an object with "after", got "x" (SKEIN_INVALID)',
  ],
  [
    ['b b', 'stats'],
    'skein: node: a name has 1 to 64 of A-Z a-z 0-9 . _ - and "b b" does not fit (SKEIN_INVALID)',
  ],
])('wrong input %j is one line that says what is accepted, and exit code 2', async (args, text) => {
  const { exitCode, stdout, stderr } = await refused(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(text);
  expect(stderr.split('\n')).toHaveLength(2);
});

test('its help has examples that run as printed', async () => {
  const help = await site.must('query', '--help');
  const examples = [...help.matchAll(/^ {2}\$ skein (query .*)$/gm)].map(([, line]) => line as string);
  expect(examples.length).toBeGreaterThanOrEqual(4);
  for (const line of examples) {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, plain]) => quoted ?? (plain as string),
    );
    await site.must(...words, '--node', 'a');
  }
});
