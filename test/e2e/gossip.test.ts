/** Three peers of rust-simple-gossip, started as its document does; their lines are held against the document's form. */
import { afterEach, expect, test } from 'vitest';
import { type Finished, Site } from './helpers.ts';

let site: Site | undefined;
afterEach(async () => site?.close());

const time = String.raw`\d\d:\d\d:\d\d`;
const address = String.raw`"127\.0\.0\.1:\d+"`;
const id = String.raw`\[([A-Za-z0-9]{10})\]`;
const forms = [
  `My address is ${address}`,
  `Connected to peer at ${address}`,
  `Sending message ${id} to ${String.raw`\[(?:${address}(?:, ${address})*)?\]`}`,
  `Received message ${id} from ${address}`,
].map((form) => new RegExp(`^${time} - ${form}$`));

test('three peers, of which each knows one at first, all connect and hear each other, in the lines of the original', async () => {
  site = await Site.open();
  const ports = [28080, 28081, 28082];
  const start = (port: number, ...more: string[]) =>
    (site as Site).start('compat', 'gossip', `--port=${port}`, '--period', '1', ...more);
  const first = start(28080);
  expect((await first.lines.next()).value).toBe('00:00:00 - My address is "127.0.0.1:28080"');
  const connect = ['--connect', '127.0.0.1:28080'];
  const commands = [first, start(28081, ...connect), start(28082, ...connect)];
  // Each is done once it has heard both others, and sent to both.
  await Promise.all(
    commands.map(async ({ lines }, i) => {
      const others = ports.filter((_, j) => j !== i).map((port) => `"127.0.0.1:${port}"`);
      const awaited = new Set(others);
      let sentToAll = false;
      while (awaited.size > 0 || !sentToAll) {
        const { value: line, done } = await lines.next();
        if (done === true) throw new Error('a peer ended');
        for (const other of awaited) if (line.endsWith(`from ${other}`)) awaited.delete(other);
        if (line.includes('Sending') && others.every((other) => line.includes(other))) sentToAll = true;
      }
    }),
  );
  for (const { process } of commands) process.kill('SIGINT');
  const ends: Finished[] = await Promise.all(commands.map(({ ended }) => ended));
  expect(ends.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([0, 1, 2].map(() => [0, '']));
  for (const { stdout } of ends) {
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !forms.some((form) => form.test(line)))).toEqual([]);
    expect(lines.filter((line) => line.includes('Connected to peer at')).length).toBe(2);
  }
  // What one has received another has sent, and named itself by where it listens.
  const sent = new Set(
    ends.flatMap(({ stdout }) => [...stdout.matchAll(/Sending message \[(\w+)\]/g)].map(([, id]) => id)),
  );
  const received = ends.flatMap(({ stdout }) =>
    [...stdout.matchAll(/Received message \[(\w+)\]/g)].map(([, id]) => id),
  );
  expect(received.length).toBeGreaterThanOrEqual(6);
  expect(received.filter((id) => !sent.has(id))).toEqual([]);
});

test.each([
  [[], /--port/],
  [['--port', '28083'], /--period/],
  [['--port', 'x', '--period', '1'], /--port/],
])('%j is answered with what is missing, in one line, and exit code 2', async (flags, missing) => {
  site = await Site.open();
  const { exitCode, stdout, stderr } = await site.run(['compat', 'gossip', ...flags]);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(missing);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});
