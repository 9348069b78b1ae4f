/** Every operation's example, asked by HTTP of a real node, and its answer held against the schema that it names. */
import { execFile } from 'node:child_process';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { exampleOf } from '../../src/cli/commands/api.ts';
import { createNode } from '../../src/host/create-node.ts';
import { ControlClient } from '../../src/remote/client.ts';
import { skeinOperations } from '../../src/remote/operations.ts';
import { alone, servedPair } from './served-pair.ts';

const operations = await skeinOperations();
const pair = servedPair(async ({ a, b }) => {
  b.respond<number[], number>('add', ({ input }) => input.reduce((sum, one) => sum + one, 0));
  await a.ready({ services: ['add'] });
});

/** What has to happen for a stream to have an item. */
const causes: Readonly<Record<string, () => unknown>> = {
  listen: () => pair().b.send('a', { celsius: 20 }, { kind: 'temperature' }),
  snoop: () => undefined,
  serve: () =>
    pair()
      .b.request('double', 21, { to: 'a' })
      .catch(() => undefined),
  pairs: () =>
    pair()
      .b.pair('a', { protocol: 'log', timeoutMs: 2000 })
      .catch(() => undefined),
  handleLetters: () => pair().b.letters.send('a', 'read this'),
  answerQueries: () =>
    pair()
      .b.query('a', 'disk')
      .catch(() => undefined),
  // The example of `setAvailability` has said that it takes none.
  workTasks: () => pair().a.availability.set({ available: true }),
  followLog: () => pair().b.letters.send('a', 'this is in the log'),
  keepLog: () => undefined,
  events: async () => {
    const d = await createNode({ name: 'd', ...alone, connect: (await pair().a.status()).addresses });
    await d.ready({ nodes: ['a'] });
    await d.close();
  },
};
/** They end the node, need what only a session has, an address of this run, or a node that is away. */
const apart = new Set([
  ...['down', 'dial', 'hangup', 'reply', 'refuse', 'settleLetter', 'settleLog', 'answerQuery', 'snoop'],
  ...['forgetNode', 'denyNode', 'allowNode', 'say', 'invite', 'watchLetter'],
  ...['drainWorker', 'retryTask', 'settleTask', 'taskResult', 'followTask'],
]);

test('every operation of skein says what it answers with, and has an example that its input accepts', () => {
  for (const [name, operation] of operations) {
    expect(v.safeParse(operation.input, operation.example).success, name).toBe(true);
    if (operation.kind !== 'duplex') expect(operation.output, name).toBeDefined();
  }
});

describe('the example of a call is answered as its schema says', () => {
  const calls = operations.filter(([name, { kind }]) => kind === 'call' && !apart.has(name));
  test.each(calls)('%s', async (name, operation) => {
    const { status, text } = await curl(exampleOf(name, operation));
    expect(status, text).toBe(200);
    expectShape(operation.kind === 'duplex' ? undefined : operation.output, JSON.parse(text));
  });
});

describe('the example of a stream gives items as its schema says', () => {
  const streams = operations.filter(([name, { kind }]) => kind === 'stream' && !apart.has(name));
  test.each(streams)('%s', async (name, operation) => {
    const ended = new AbortController();
    const item = new Promise<string>((resolve, reject) => {
      const child = execFile(
        'sh',
        ['-c', commandOf(exampleOf(name, operation))],
        { signal: ended.signal },
        (error) => {
          if (!ended.signal.aborted) reject(error ?? new Error('it ended'));
        },
      );
      let isOpen = false;
      child.stdout?.on('data', (chunk: string) => {
        // A heartbeat says that it stands.
        if (!isOpen) void causes[name]?.();
        isOpen = true;
        const json = chunk.split('\n').find((each) => each.startsWith('{'));
        if (json !== undefined) resolve(json);
      });
    });
    expectShape(operation.kind === 'stream' ? operation.output : undefined, JSON.parse(await item));
    ended.abort();
  });
});

test('links are opened and closed, and answer as their schemas say', async () => {
  const schemaOf = (name: string) =>
    operations.find(([each]) => each === name)?.[1] as { output: v.GenericSchema };
  const c = await createNode({ name: 'c', ...alone });
  const client = new ControlClient(pair().server.path);
  const [address = ''] = (await c.status()).addresses;
  expectShape(schemaOf('dial').output, await client.call('dial', { address }));
  expectShape(schemaOf('hangup').output, await client.call('hangup', { node: 'c' }));
  client.close();
  await c.close();
});

test('what is said in a conversation and who is invited is answered as the schemas say', async () => {
  const schemaOf = (name: string) =>
    operations.find(([each]) => each === name)?.[1] as { output: v.GenericSchema };
  const client = new ControlClient(pair().server.path);
  const { id } = (await client.call('converse', { names: ['b'] })) as { id: string };
  expectShape(schemaOf('say').output, await client.call('say', { id, body: 'hello' }));
  const invited = { id, names: ['c'], allowUnknown: true };
  expectShape(schemaOf('invite').output, await client.call('invite', invited));
  client.close();
});

test('a letter that is watched is said as its schema says', async () => {
  const watch = operations.find(([each]) => each === 'watchLetter')?.[1] as { output: v.GenericSchema };
  const client = new ControlClient(pair().server.path);
  const { id } = (await client.call('sendLetter', { to: ['b'], body: 1 })) as { id: string };
  for await (const item of client.stream('watchLetter', { id })) {
    expectShape(watch.output, item);
    break;
  }
  client.close();
});

test('what was given to a session is not answered by HTTP', async () => {
  for (const name of ['reply', 'refuse']) {
    const operation = operations.find(([each]) => each === name)?.[1];
    const { status, text } = await curl(exampleOf(name, operation as never));
    expect([status, JSON.parse(text)]).toMatchObject([400, { code: 'SKEIN_INVALID' }]);
  }
});

test('a duplex is refused by HTTP, with where it is to be had', async () => {
  const { status, text } = await curl([
    `$ curl -s --unix-socket SOCKET http://skein/api/v1/pair -d '{"node":"b"}'`,
  ]);
  expect([status, JSON.parse(text)]).toMatchObject([
    426,
    { detail: expect.stringContaining('/api/v1/session') },
  ]);
});

function expectShape(schema: v.GenericSchema | undefined, answer: unknown): void {
  const checked = v.safeParse(schema as v.GenericSchema, answer);
  expect(checked.issues?.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)).toBe(undefined);
}

function commandOf(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replace(/^ *\$ /, '')
    .replace('SOCKET', pair().server.path);
}

async function curl(lines: readonly string[]): Promise<{ status: number; text: string }> {
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile('sh', ['-c', `${commandOf(lines)} -w '%{http_code}'`], (error, out) =>
      error === null ? resolve(out) : reject(error),
    );
  });
  return { status: Number(stdout.slice(-3)), text: stdout.slice(0, -3) };
}
