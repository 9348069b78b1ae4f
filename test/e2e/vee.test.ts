/**
 * Nodes of vee: the demo as a user runs it, takeover, and programs that speak nanomsg themselves.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { program } from './helpers.ts';
import { binding, cats, endTalks, freePorts, hail, Talk } from './talk.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'skein-vee-'));
const env = { XDG_RUNTIME_DIR: folder };
afterEach(async () => {
  await endTalks();
  rmSync(folder, { recursive: true, force: true });
});

const vee = (...words: string[]) => new Talk([process.execPath, program, 'compat', 'vee', ...words], env);

test('the demo: three nodes, of which the third pairs with the second; what is typed there comes out here', async () => {
  const first = new Talk([join(root, 'demo/1')], env);
  await first.until('Broker: broker of tcp://127.0.0.1:7015');
  const second = new Talk([join(root, 'demo/2')], env);
  await second.until('First: in tcp://127.0.0.1:7015');
  const third = new Talk([join(root, 'demo/3')], env);
  await third.until('Second: paired with First at tcp://127.0.0.1:7018');
  await second.until('First: paired with Second at tcp://127.0.0.1:7018');
  third.say('how are you');
  await second.until('how are you\n');
  second.say('very well');
  await third.until('very well\n');
  const bystander = vee('Other', ...(await freePorts(2)));
  await bystander.until('Other: broker of');
  const { status } = spawnSync(join(root, 'demo/end'), { env: { ...process.env, ...env } });
  expect(status).toBe(0);
  const ends = await Promise.all([first, second, third].map(({ command }) => command.ended));
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(bystander.command.process.exitCode).toBe(null);
});

test('when the broker is killed one of the others is the broker, without a command, and pairs go on', async () => {
  const [formation, a, b, c] = (await freePorts(4)) as [string, string, string, string];
  const broker = vee('Broker', formation, a);
  await broker.until('broker of');
  const first = vee('First', formation, b);
  await first.until(`First: in ${formation}`);
  broker.command.process.kill('SIGKILL');
  await first.until(`First: broker of ${formation}`);
  const second = vee('Second', formation, c, 'First');
  await second.until(`Second: paired with First at ${c}`);
  await first.until('First: paired with Second');
  first.say('from the new broker');
  await second.until('from the new broker');
});

describe('bad input', () => {
  const run = async (...words: string[]) => {
    const { command } = vee(...words);
    command.process.stdin?.end();
    return command.ended;
  };

  test.each([[[]], [['A']], [['A', 'tcp://127.0.0.1:1']], [['A', 'b', 'c', 'd', 'e']]])(
    '%j is answered with the usage line and exit code 2, as vee does',
    async (words) => {
      const { exitCode, stderr, stdout } = await run(...words);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toBe('Usage: skein compat vee NAME FORMATION_ADDRESS OWN_ADDRESS [PAIR_TO]\n');
    },
  );

  test('an address of other machines is refused, with the option that takes it', async () => {
    const { exitCode, stderr } = await run('A', 'tcp://0.0.0.0:7015', 'tcp://127.0.0.1:7016');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^skein: formation: tcp:\/\/0\.0\.0\.0:7015 [^\n]*--door-insecure[^\n]*\n$/);
  });

  test('an address that is none is told in one line', async () => {
    const { exitCode, stderr } = await run('A', 'localhost', 'tcp://127.0.0.1:7016');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^skein: formation: [^\n]*neither tcp:\/\/ nor ipc:\/\/[^\n]*\n$/);
  });

  test('a member that is asked for and is not there is told of', async () => {
    const [formation, a, b] = (await freePorts(3)) as [string, string, string];
    await vee('Broker', formation, a).until('broker of');
    await vee('Second', formation, b, 'Nobody').until(
      'nobody in the formation is called Nobody or offers it',
    );
  });
});

describe.each(cats)('$cat', ({ cat, pair, missing }) => {
  test('hails, is paired with, hears the Link, and exchanges Data over PAIR', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const [formation, a, b, own] = (await freePorts(4)) as [string, string, string, string];
    await vee('Broker', formation, a).until('broker of');
    const bus = new Talk(
      [cat, '--bus', '--connect', formation, '-D', hail('Cat', own), '-i', '1', '-A'],
      env,
    );
    const second = vee('Second', formation, b, 'Cat');
    await bus.until(`{"Link":{"origin_name":"Second","destination_name":"Cat","address":"${b}"}}`);
    const data = JSON.stringify({ Data: { payload: 'meow' } });
    const other = new Talk([cat, pair, '--connect', b, '-D', data, '-i', '1', '-A'], env, true);
    await second.until(`Second: paired with Cat at ${b}`);
    await second.until('meow\n');
    second.say('good cat');
    await other.until('{"Data":{"payload":"good cat"}}');
  });

  test('asks to be paired itself, and a node comes to its address', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const [formation, a, b, own] = (await freePorts(4)) as [string, string, string, string];
    await vee('Broker', formation, a).until('broker of');
    const first = vee('First', formation, b);
    await first.until(`First: in ${formation}`);
    const data = JSON.stringify({ Data: { payload: 'come here' } });
    await binding(own, [cat, pair, '-D', data, '-i', '1', '-A'], env);
    new Talk([cat, '--bus', '--connect', formation, '-D', hail('Cat', own), '-i', '1', '-A'], env);
    const request = JSON.stringify({ Pair: { originator: 'Cat', destination: 'First' } });
    new Talk([cat, '--bus', '--connect', formation, '-D', request, '-i', '1', '-A'], env);
    await first.until(`First: paired with Cat at ${own}`);
    await first.until('come here\n');
  });

  test('is the broker that a node hails', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const [formation, a] = (await freePorts(2)) as [string, string];
    const bus = await binding(formation, [cat, '--bus', '-A'], env);
    const first = vee('First', formation, a);
    await first.until(`First: in ${formation}`);
    await bus.until(hail('First', a));
  });
});
