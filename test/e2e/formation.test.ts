/**
 * Formations of real processes: who is the broker, what happens when it is killed, and programs that speak nanomsg.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { PairRequest } from '../../src/features/channels/api.ts';
import type { BrokerView, FormationStatus } from '../../src/features/formation/core/formation-types.ts';
import { attach } from '../../src/remote/attach.ts';
import { program, type RunningNode, Site } from './helpers.ts';
import { binding, cats, endTalks, freePorts, hail, Talk } from './talk.ts';

afterEach(endTalks);

const controlOf = (site: Site, name: string): string => join(site.folder, `${name}.sock`);

/** A node that finds others by its formation alone. */
function member(site: Site, name: string, formation: string, ...flags: string[]): Promise<RunningNode> {
  const control = controlOf(site, name);
  return site.up(name, '--no-discovery', '--control', control, '--formation', formation, ...flags);
}

/** Resolves when the node's broker is as wanted. */
async function broker(
  site: Site,
  name: string,
  isWanted: (broker: BrokerView) => boolean = () => true,
): Promise<BrokerView> {
  await using node = await attach({ control: controlOf(site, name) });
  return await new Promise<BrokerView>((resolve, reject) => {
    const look = (view: BrokerView | undefined): void => {
      if (view !== undefined && isWanted(view)) resolve(view);
    };
    node.events.addEventListener('formation:broker', ({ detail }) => look(detail.broker));
    node.status().then(({ features }) => look((features.formation as FormationStatus).broker), reject);
  });
}

/** Resolves when the directory of the broker has so many. */
async function directory(site: Site, name: string, members: number): Promise<void> {
  await using node = await attach({ control: controlOf(site, name) });
  await expect
    .poll(async () => ((await node.status()).features.formation as FormationStatus).members, {
      timeout: 10_000,
    })
    .toBe(members);
}

test('nodes that know nothing but the address find each other, and status names the broker and since when', async () => {
  await using site = await Site.open();
  const [address] = (await freePorts(1)) as [string];
  await member(site, 'a', address);
  expect(await broker(site, 'a')).toMatchObject({ name: 'a', address: address.slice('tcp://'.length) });
  await Promise.all([member(site, 'b', address), member(site, 'c', address)]);
  await Promise.all(['b', 'c'].map((name) => broker(site, name, (view) => view.name === 'a')));
  await directory(site, 'a', 3);
  const text = await site.must('status', '--control', controlOf(site, 'b'));
  expect(text).toMatch(/^broker +a at 127\.0\.0\.1:\d+ since \d{4}-\d\d-\d\dT[\d:]+Z \(\S+\)$/m);
  expect(await site.must('status', '--control', controlOf(site, 'a'))).toMatch(/; 3 members$/m);
});

test('when the broker is killed another is the broker, with a higher epoch and a whole directory', async () => {
  await using site = await Site.open();
  const [address] = (await freePorts(1)) as [string];
  const names = ['a', 'b', 'c', 'd', 'e'];
  const first = await member(site, 'a', address);
  const { epoch = 0 } = await broker(site, 'a');
  await Promise.all(names.slice(1).map((name) => member(site, name, address)));
  await directory(site, 'a', 5);
  first.process.kill('SIGKILL');
  const views = await Promise.all(
    names.slice(1).map((name) => broker(site, name, (view) => view.name !== 'a')),
  );
  expect(new Set(views.map(({ name }) => name)).size).toBe(1);
  const [view] = views as [BrokerView];
  expect(view.epoch).toBeGreaterThan(epoch);
  await directory(site, view.name ?? '', 4);
});

test('the node that is left takes up the address of the one that leaves', async () => {
  await using site = await Site.open();
  const [address] = (await freePorts(1)) as [string];
  await member(site, 'a', address);
  await broker(site, 'a');
  await member(site, 'b', address);
  await broker(site, 'b', (view) => view.name === 'a');
  await site.must('down', '--control', controlOf(site, 'a'));
  await broker(site, 'b', (view) => view.name === 'b');
});

test('of two addresses of this machine one is bound; it is let go only with its broker', async () => {
  await using site = await Site.open();
  const [one, two] = (await freePorts(2)) as [string, string];
  await member(site, 'a', `${one},${two}`);
  await broker(site, 'a');
  await member(site, 'b', `${one},${two}`);
  expect(await broker(site, 'b')).toMatchObject({ name: 'a', address: one.slice('tcp://'.length) });
  await expect(talkTo(two)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

/** What comes back for these bytes until the other end closes. */
async function talkTo(address: string, bytes: Uint8Array = new Uint8Array(0)): Promise<Buffer> {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

describe('whoever comes to the address and is none of these', () => {
  test('is turned away and counted: HTTP, another protocol of nanomsg, an enormous message, broken JSON', async () => {
    await using site = await Site.open();
    const [address] = (await freePorts(1)) as [string];
    await member(site, 'a', address);
    await broker(site, 'a');
    const busGreeting = Uint8Array.of(0, 0x53, 0x50, 0, 0, 0x70, 0, 0);
    const pairGreeting = Uint8Array.of(0, 0x53, 0x50, 0, 0, 0x10, 0, 0);
    expect((await talkTo(address, Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toString()).toMatch(
      /^HTTP\/1\.1 426/,
    );
    await talkTo(address, pairGreeting);
    const length = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0);
    await talkTo(address, Buffer.concat([busGreeting, length]));
    const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1');
    await once(socket, 'connect');
    const body = Buffer.from('{"Hail":{"name":7}}');
    socket.write(Buffer.concat([busGreeting, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, body.length), body]));
    await using node = await attach({ control: controlOf(site, 'a') });
    await expect
      .poll(async () => ((await node.status()).features.formation as FormationStatus).malformed)
      .toBe(1);
    expect((await node.status()).counters['door.refused']).toBeGreaterThanOrEqual(1);
    socket.destroy();
  });

  test('holds it already: the node says so, goes on without a broker, and takes it once it is free', async () => {
    await using site = await Site.open();
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await member(site, 'a', `tcp://127.0.0.1:${port}`);
    await expect
      .poll(() => site.must('why', '--control', controlOf(site, 'a')), { timeout: 10_000 })
      .toContain('a program that is none of these has it');
    expect(await site.must('status', '--control', controlOf(site, 'a'))).toMatch(
      new RegExp(`^formation +no broker yet at 127.0.0.1:${port}$`, 'm'),
    );
    server.close();
    await broker(site, 'a', (view) => view.name === 'a');
  });
});

describe('bad options are told in one line', () => {
  test('a door that is opened to all, and no formation', async () => {
    await using site = await Site.open();
    const { exitCode, stderr } = await site.run(['up', '--door-insecure']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^skein: --door-insecure: there is no formation [^\n]*--formation[^\n]*\n$/);
  });

  test.each([
    ['tcp://*:7015', 'it names no host'],
    ['tcp://127.0.0.1:0', 'it has port 0'],
    ['ipc:///tmp/x', 'a tcp:// one'],
    ['udp://127.0.0.1:1', 'neither tcp:// nor ipc://'],
    ['tcp://10.0.0.1:7015', 'a node without a key stays on loopback'],
  ])('%s', async (formation, why) => {
    await using site = await Site.open();
    const { exitCode, stderr } = await site.run(['up', '--formation', formation]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^skein: --formation: [^\n]*\n$/);
    expect(stderr).toContain(why);
  });
});

describe.each(cats)('$cat', ({ cat, pair, missing }) => {
  test('is in the directory of a node as long as it is connected', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using site = await Site.open();
    const [address, own] = (await freePorts(2)) as [string, string];
    await member(site, 'a', address);
    await broker(site, 'a');
    const bus = new Talk([cat, '--bus', '--connect', address, '-D', hail('Cat', own), '-i', '1', '-A']);
    await directory(site, 'a', 2);
    const ended = performance.now();
    bus.command.process.kill('SIGKILL');
    await directory(site, 'a', 1);
    // Its lease would have lasted longer.
    expect(performance.now() - ended).toBeLessThan(4000);
  });

  test('comes by a socket file too, where the formation has one', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using site = await Site.open();
    const [address, own] = (await freePorts(2)) as [string, string];
    const door = `ipc://${join(site.folder, 'door.ipc')}`;
    await member(site, 'a', `${address},${door}`);
    await broker(site, 'a');
    new Talk([cat, '--bus', '--connect', door, '-D', hail('Cat', own), '-i', '1', '-A']);
    await directory(site, 'a', 2);
  });

  test('is the broker: a node hails it, and takes over once it is gone', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using site = await Site.open();
    const [address] = (await freePorts(1)) as [string];
    const bus = await binding(address, [cat, '--bus', '-A']);
    const { address: own } = await member(site, 'a', address);
    await bus.until(hail('a', `tcp://${own}`));
    expect((await broker(site, 'a')).name).toBe(undefined);
    expect(await site.must('status', '--control', controlOf(site, 'a'))).toMatch(
      /^broker +a nanomsg program at /m,
    );
    bus.command.process.kill('SIGKILL');
    await broker(site, 'a', (view) => view.name === 'a');
  });

  test('is asked for by a node, and comes to its port', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using site = await Site.open();
    const [address, own] = (await freePorts(2)) as [string, string];
    await member(site, 'a', address);
    await broker(site, 'a');
    const { address: port } = await member(site, 'b', address);
    await broker(site, 'b');
    const bus = new Talk([cat, '--bus', '--connect', address, '-D', hail('Cat', own), '-i', '1', '-A']);
    await directory(site, 'a', 3);
    const pairing = site.start('pair', 'Cat', '--control', controlOf(site, 'b'));
    await bus.until(`{"Link":{"origin_name":"b","destination_name":"Cat","address":"tcp://${port}"}}`);
    const data = JSON.stringify({ Data: { payload: 'meow' } });
    const other = new Talk([cat, pair, '--connect', `tcp://${port}`, '-D', data, '-i', '1', '-A'], {}, true);
    pairing.process.stdin?.write('good cat');
    await other.until('{"Data":{"payload":"good cat"}}');
    const [heard] = (await once(pairing.process.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    expect(heard.toString()).toMatch(/^meow/);
    await other.end();
    pairing.process.stdin?.end();
    expect((await pairing.ended).exitCode).toBe(0);
  });

  test('asks for a node, which comes to its address', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using site = await Site.open();
    const [address, own] = (await freePorts(2)) as [string, string];
    await member(site, 'a', address);
    await broker(site, 'a');
    await member(site, 'b', address);
    await broker(site, 'b');
    await directory(site, 'a', 2);
    const listening = site.start('pair', '--listen', '--control', controlOf(site, 'b'));
    const data = JSON.stringify({ Data: { payload: 'come here' } });
    await binding(own, [cat, pair, '-D', data, '-i', '1', '-A']);
    new Talk([cat, '--bus', '--connect', address, '-D', hail('Cat', own), '-i', '1', '-A']);
    const request = JSON.stringify({ Pair: { originator: 'Cat', destination: 'b' } });
    new Talk([cat, '--bus', '--connect', address, '-D', request, '-i', '1', '-A']);
    const [heard] = (await once(listening.process.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    expect(heard.toString()).toMatch(/^come here/);
    listening.process.kill('SIGKILL');
  });

  test('is the broker, is asked and does not answer: that is told in time', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using site = await Site.open();
    const [address] = (await freePorts(1)) as [string];
    const bus = await binding(address, [cat, '--bus', '-A']);
    const { address: own } = await member(site, 'a', address);
    await bus.until(hail('a', `tcp://${own}`));
    const pairing = ['pair', 'Nobody', '--timeout', '1s', '--control', controlOf(site, 'a')];
    const { stderr } = await site.run(pairing, { input: '' });
    await bus.until('{"Pair":{"originator":"a","destination":"Nobody"}}');
    expect(stderr).toBe('skein: Nobody: the formation has not answered in time (SKEIN_TIMEOUT)\n');
  });
});

describe('a node of vee', () => {
  const vee = (...words: string[]) => new Talk([process.execPath, program, 'compat', 'vee', ...words]);

  test('is the broker, and is paired with by a node of the mesh', async () => {
    await using site = await Site.open();
    const [address, own] = (await freePorts(2)) as [string, string];
    const other = vee('Broker', address, own);
    await other.until('Broker: broker of');
    await member(site, 'a', address);
    await broker(site, 'a', ({ name }) => name === undefined);
    const pairing = site.start('pair', 'Broker', '--control', controlOf(site, 'a'));
    await other.until('Broker: paired with a');
    pairing.process.stdin?.write('from the mesh');
    await other.until('from the mesh\n');
    other.say('from vee');
    const [heard] = (await once(pairing.process.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    expect(heard.toString()).toBe('from vee');
    pairing.process.stdin?.end();
    expect((await pairing.ended).exitCode).toBe(0);
    await other.until('Broker: no longer paired with a');
  });

  test('pairs with a node of the mesh by the service that it offers', async () => {
    await using site = await Site.open();
    const [address, own] = (await freePorts(2)) as [string, string];
    await member(site, 'a', address);
    await broker(site, 'a');
    await member(site, 'b', address);
    await directory(site, 'a', 2);
    await using node = await attach({ control: controlOf(site, 'b') });
    const requests = node.pairs();
    await requests.opened;
    const service = node.respond('render', () => 'done');
    await service.opened;
    const second = vee('Second', address, own, 'render');
    const { value: request } = await requests[Symbol.asyncIterator]().next();
    expect(request).toMatchObject({ from: 'Second', protocol: 'nanomsg' });
    const channel = (request as PairRequest).accept();
    channel.write('rendered');
    await second.until('Second: paired with b');
    await second.until('rendered\n');
    channel.destroy();
  });
});
