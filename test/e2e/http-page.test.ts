/** Every line of `curl` in docs/http.md, word for word: what it prints is what the page says. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode } from '../../src/node/node.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';

const noCurl =
  spawnSync('curl', ['--version']).error === undefined ? undefined : 'curl is not installed (Debian: curl)';
const page = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');
/** Each command with the line that it prints. */
const lines = [...page.matchAll(/^\$ (curl .*)\n(.*)$/gm)].map(
  ([, command = '', printed = '']) => [command, printed] as const,
);

let folder: string;
let a: LocalNode;
let b: LocalNode;
let server: ControlServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-http-'));
  const alone = { discovery: false, key: false as const };
  a = await createNode({ name: 'a', ...alone });
  const [address] = (await a.status()).addresses;
  b = await createNode({ name: 'b', ...alone, connect: [address as string] });
  server = await serveControl(a, join(folder, 'a.sock'), { heartbeatMs: 20 });
  b.respond<{ width: number; height: number }>('area', ({ input }) => input.width * input.height);
  b.handle(() => undefined);
  await a.ready({ nodes: ['b'], services: ['area'] });
});
beforeEach(({ skip }) => {
  if (noCurl !== undefined) skip(noCurl);
});
afterAll(async () => {
  await Promise.all([a.close(), b.close()]);
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What has to happen for a stream to have an item. */
const causes: Readonly<Record<string, () => unknown>> = {
  listen: () => b.send('a', { text: 'hello' }, { kind: 'greeting' }),
  events: () => b.hangup('a'),
};

test('there are lines to try', () => expect(lines.length).toBeGreaterThan(8));

test.each(lines)('%s', async (command, printed) => {
  const child = spawn('sh', ['-c', `exec ${command.replace('SOCKET', server.path)}`]);
  const [, operation = ''] = /api\/v1\/(\S+)/.exec(command) ?? [];
  const first = new Promise<string>((resolve, reject) => {
    let text = '';
    let isOpen = false;
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      // A stream says with an empty line that it stands.
      if (!isOpen) void causes[operation]?.();
      isOpen = true;
      const line = text.split('\n').find((each) => each.startsWith('{'));
      if (line !== undefined && text.includes(`${line}\n`)) resolve(line);
    });
    child.once('close', () => reject(new Error(`it ended with ${JSON.stringify(text)}`)));
  });
  expect(await first).toMatch(patternOf(printed));
  child.kill();
});

/** `...` stands for what differs each time. */
function patternOf(line: string): RegExp {
  const literal = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('\\.\\.\\.', '.+')}$`);
}
