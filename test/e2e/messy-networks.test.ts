/**
 * Networks as they are: addresses that are equal on all machines, names that stand for several of them, and interfaces
 * that come, change and go. Each host is a network namespace. Needs root, `ip` and `unshare`; elsewhere it is skipped.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { lineOf, MessyNetwork } from '../namespaces/messy-network.ts';
import { whyNoNamespaces } from '../namespaces/network.ts';

const reason = existsSync('/usr/bin/unshare')
  ? whyNoNamespaces({ needsFirewall: false })
  : 'unshare is not there';
const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const whole = { timeoutMs: 15_000 };
const polled = { timeout: whole.timeoutMs };
const listen = ['--listen', '0.0.0.0:7070'];
let network: MessyNetwork;

beforeEach(() => {
  network = new MessyNetwork(MeshKey.make().text);
});

afterEach(() => network.close());

test('machines whose first interface has one NAT address on all of them find each other on the second', async ({
  skip,
}) => {
  if (reason !== undefined) skip(reason);
  network.switch('s');
  const hosts = ['a', 'b', 'c'];
  for (const [i, host] of hosts.entries()) {
    network.switch(`n${host}`);
    network.host(host);
    network.plug(host, 'eth0', `n${host}`, '10.0.2.15/24');
    network.plug(host, 'eth1', 's', `192.168.56.${i + 1}/24`);
  }
  const nodes = await Promise.all(hosts.map((host) => network.up(host, listen)));
  await Promise.all(nodes.map((node) => node.ready({ count: 3, ...whole })));
  for (const node of nodes)
    for (const { address } of (await node.status()).links) expect(address).toContain('192.168.56.');
});

test('a name that stands for all nodes leads to another one, the own address first or not; without the one that was met first the others find each other by their records', async ({
  skip,
}) => {
  if (reason !== undefined) skip(reason);
  network.switch('s');
  const hosts = ['a', 'b', 'c'];
  for (const [i, host] of hosts.entries()) {
    network.host(host);
    network.ip(host, 'link', 'add', 'docker0', 'type', 'bridge');
    network.ip(host, 'addr', 'add', '172.17.0.1/16', 'dev', 'docker0');
    network.ip(host, 'link', 'set', 'docker0', 'up');
    network.plug(host, 'eth0', 's', `10.77.0.${i + 1}/24`);
  }
  const named = ['10.77.0.1', '10.77.0.2', '10.77.0.3']
    .map((address) => `${address} nodes.example\n`)
    .join('');
  const args = [...listen, '--no-discovery', '--degree', '1'];
  const withSeed = [...args, '--connect', 'nodes.example:7070'];
  const nodes = await Promise.all(hosts.map((host) => network.up(host, withSeed, { hosts: named })));
  await Promise.all(nodes.map((node) => node.ready({ count: 3, ...whole })));
  network.kill(0);
  const [, b] = nodes as [SkeinNode, SkeinNode];
  await expect
    .poll(async () => (await b.nodes()).filter((node) => node.reachable).map(({ name }) => name), polled)
    .toEqual(['b', 'c']);
});

test('nodes that start without a network meet once it is there, and again when all addresses have changed', async ({
  skip,
}) => {
  if (reason !== undefined) skip(reason);
  network.switch('s');
  const hosts = ['a', 'b'];
  for (const host of hosts) network.host(host);
  const nodes = await Promise.all(hosts.map((host) => network.up(host, [])));
  for (const [i, host] of hosts.entries()) network.plug(host, 'eth0', 's', `10.77.0.${i + 1}/24`);
  await Promise.all(nodes.map((node) => node.ready({ count: 2, ...whole })));
  for (const [i, host] of hosts.entries()) {
    network.ip(host, 'addr', 'flush', 'dev', 'eth0');
    network.ip(host, 'addr', 'add', `10.88.0.${i + 1}/24`, 'brd', '+', 'dev', 'eth0');
  }
  const linkedBy = async () => (await nodes[0]?.status())?.links.map(({ address }) => address.split('.')[1]);
  await expect.poll(linkedBy, polled).toEqual(['88']);
  const statuses = await Promise.all(nodes.map((node) => node.status()));
  expect(statuses.map(({ addresses }) => addresses[0]?.split(':')[0])).toEqual(['10.88.0.1', '10.88.0.2']);
  const { findings } = await (nodes[0] as (typeof nodes)[0]).explain();
  expect(findings.map(({ text }) => text).join()).not.toContain('10.77.0');
});

test('machines with IPv6 link-local addresses alone find each other by multicast', async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  network.switch('s');
  const hosts = ['a', 'b'];
  for (const host of hosts) {
    network.host(host);
    network.plug(host, 'eth0', 's');
  }
  const nodes = await Promise.all(hosts.map((host) => network.up(host, ['--listen', '[::]:7070'])));
  await Promise.all(nodes.map((node) => node.ready({ count: 2, ...whole })));
  expect((await nodes[0]?.status())?.links[0]?.address).toMatch(/^\[fe80::/);
});

test('a program whose name server is silent ends within two seconds of close(), and skein up of SIGTERM', async ({
  skip,
}) => {
  if (reason !== undefined) skip(reason);
  network.host('a');
  network.switch('s');
  network.plug('a', 'eth0', 's', '10.77.0.1/24');
  // What is sent there leaves, and nobody answers.
  network.ip(
    'a',
    'neigh',
    'add',
    '10.77.0.9',
    'lladdr',
    '02:00:00:00:00:09',
    'dev',
    'eth0',
    'nud',
    'permanent',
  );
  const files = { resolv: 'nameserver 10.77.0.9\n' };
  const seeds = ['n1', 'n2', 'n3', 'n4', 'n5'].map((name) => `${name}.example:7070`);
  const options = JSON.stringify({ name: 'program', connect: seeds });
  const text = `
    import { createNode } from ${JSON.stringify(library)};
    const node = await createNode(${options});
    console.log('ready');
    setTimeout(async () => { await node.close(); console.log('closed'); }, 300);`;
  const program = network.start('a', ['--input-type=module', '-e', text], files);
  await lineOf(program, 'ready');
  await endsSoon(program, 300 + 2000);
  const up = network.start(
    'a',
    [cli, 'up', '--name', 'a', ...seeds.flatMap((seed) => ['--connect', seed])],
    files,
  );
  await lineOf(up, 'ready');
  up.kill('SIGTERM');
  await endsSoon(up, 2000);
});

async function endsSoon(child: ReturnType<MessyNetwork['start']>, withinMs: number): Promise<void> {
  const from = performance.now();
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  expect(performance.now() - from).toBeLessThan(withinMs);
}
