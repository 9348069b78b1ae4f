/**
 * Four hosts, each a network namespace of its own behind one bridge, one node on each, with one key and no
 * setting besides but the addresses of their formation: found by subnet broadcast alone, one cut off from the
 * others and back. Needs root, `ip` and `nft`; elsewhere it is skipped with the reason.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BrokerView, FormationStatus } from '../../src/features/formation/core/formation-types.ts';
import { KeyStore } from '../../src/host/keys/key-store.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import type { NodeEvents, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { socketPathOf } from '../../src/remote/socket-path.ts';
import { NamespaceNetwork, subnet, whyNoNamespaces } from '../namespaces/network.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const key = MeshKey.make();
const numbers = [0, 1, 2, 3];
/** Whose addresses the formation has. */
const formationHosts = [0, 1, 2];
const cutTable = 'skein_cut';

interface Host {
  readonly name: string;
  readonly number: number;
  process: ChildProcess | undefined;
  client: SkeinNode | undefined;
}

const hosts: Host[] = numbers.map((number) => ({
  name: `h${number}`,
  number,
  process: undefined,
  client: undefined,
}));
const reason = whyNot();
let folder: string | undefined;
let network: NamespaceNetwork;

beforeAll(async () => {
  if (reason !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'skein-namespaces-'));
  network = NamespaceNetwork.open(numbers.length);
  await Promise.all(hosts.map(start));
});

afterAll(async () => {
  if (reason !== undefined) return;
  await Promise.all(hosts.map(({ client }) => client?.close()));
  await Promise.all(hosts.map(({ process }) => process && end(process)));
  network?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('four hosts find each other by subnet broadcast alone', async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  await Promise.all(hosts.map((host) => clientOf(host).ready({ count: 4, timeoutMs: 20_000 })));
  for (const host of hosts) {
    expect(Object.keys(await clientOf(host).topology()).sort()).toEqual(['h0', 'h1', 'h2', 'h3']);
    for (const { address } of (await clientOf(host).status()).links) expect(address).toContain(`${subnet}.`);
  }
  const [node] = (await clientOf(hosts[0] as Host).nodes()).filter(({ name }) => name === 'h1');
  expect(node?.addresses.map((address) => address.split(':')[0])).toEqual([network.addressOf(1)]);
  expect((await clientOf(hosts[0] as Host).broadcast('hello')).deliveredCount).toBe(3);
  expect((await clientOf(hosts[0] as Host).status()).security).toEqual({ mode: 'key', keys: [key.id] });
});

test('a host that is cut off is known as lost, and is back once the cut is over', async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  const [cutOff, ...others] = hosts as [Host, ...Host[]];
  const watching = others.map(({ client }) => client as SkeinNode);
  for (const client of watching) await client.ready({ count: 4, timeoutMs: 20_000 });

  const lost = await watchAll(watching, 'node:down', 'h0');
  const cutAt = performance.now();
  await network.nft(cutOff.number, cutRules);
  await lost.done;
  const lostMs = performance.now() - cutAt;
  expect((await watching[0]?.broadcast('without you'))?.deliveredCount).toBe(2);
  const { summary } = await (watching[0] as SkeinNode).explain('h0');

  const back = await watchAll(watching, 'node:up', 'h0');
  const healedAt = performance.now();
  await network.nft(cutOff.number, `delete table inet ${cutTable}`);
  await back.done;
  await Promise.all(hosts.map((host) => clientOf(host).ready({ count: 4, timeoutMs: 20_000 })));
  const backMs = performance.now() - healedAt;
  expect((await clientOf(cutOff).broadcast('I am back')).deliveredCount).toBe(3);

  console.log(`h0 cut off: lost to all after ${round(lostMs)} ms, back ${round(backMs)} ms after the cut`);
  console.log(`meanwhile: ${summary}`);
  expect(lostMs).toBeLessThan(6000);
  expect(backMs).toBeLessThan(20_000);
});

test('the host of the broker is cut off: the others have another, and all have one again once the cut is over', async ({
  skip,
}) => {
  if (reason !== undefined) skip(reason);
  const { name } = await agreed(hosts);
  const cutOff = hosts.find((host) => host.name === name) as Host;
  const others = hosts.filter((host) => host !== cutOff);
  expect(formationHosts).toContain(cutOff.number);

  const cutAt = performance.now();
  await network.nft(cutOff.number, cutRules);
  const second = await agreed(others, name);
  const takenMs = performance.now() - cutAt;
  expect((await agreed([cutOff])).name).toBe(name);

  const healedAt = performance.now();
  await network.nft(cutOff.number, `delete table inet ${cutTable}`);
  const last = await agreed(hosts);
  const mergedMs = performance.now() - healedAt;
  expect(last).toEqual(second);

  console.log(
    `the broker's host cut off: another after ${round(takenMs)} ms, one in all ${round(mergedMs)} ms after the cut`,
  );
  expect(takenMs).toBeLessThan(8000);
  expect(mergedMs).toBeLessThan(20_000);
});

/** Resolves with the broker that all of these follow, once it is one of them and not this one. */
async function agreed(some: readonly Host[], except?: string): Promise<BrokerView> {
  let view: BrokerView | undefined;
  const isOne = async (): Promise<boolean> => {
    const statuses = await Promise.all(some.map((host) => clientOf(host).status()));
    const views = statuses.map(({ features }) => (features.formation as FormationStatus).broker);
    [view] = views;
    const isCommon = views.every((one) => one?.name === view?.name && one?.epoch === view?.epoch);
    return isCommon && view?.name !== except && some.some((host) => host.name === view?.name);
  };
  await expect.poll(isOne, { timeout: 20_000, interval: 20 }).toBe(true);
  return view as unknown as BrokerView;
}

/** Everything into or out of the host vanishes, as with a pulled cable. */
const cutRules = `
  table inet ${cutTable} {
    chain in { type filter hook input priority 0; policy drop; }
    chain out { type filter hook output priority 0; policy drop; }
  }`;

function whyNot(): string | undefined {
  return (
    whyNoNamespaces() ?? (existsSync(program) ? undefined : `${program} is missing: run \`npx tsc -b\` first`)
  );
}

async function start(host: Host): Promise<void> {
  const runtime = join(folder as string, host.name);
  mkdirSync(runtime, { mode: 0o700 });
  new KeyStore(join(runtime, 'skein', 'keys')).add(key.text, false);
  const formation = formationHosts.map((number) => `tcp://${network.addressOf(number)}:7015`).join(',');
  const flags = ['--name', host.name, '--no-folder', '--formation', formation];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_'));
  const environment = { SKEIN_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: runtime, SKEIN_LOG_LEVEL: 'error' };
  const command = network.command(host.number, [process.execPath, program, 'up', ...flags]);
  const child = spawn(command[0], command.slice(1), {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  host.process = child;
  const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  expect(line.value).toMatch(new RegExp(`^ready ${host.name} `));
  host.client = await attach({ control: socketPathOf(runtime, host.name) });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Resolves once all of them listen; `done` once each has seen it. */
async function watchAll(
  clients: readonly SkeinNode[],
  type: 'node:down' | 'node:up',
  name: string,
): Promise<{ readonly done: Promise<unknown> }> {
  const seen = clients.map(
    (client) =>
      new Promise<void>((resolve) => {
        client.events.addEventListener(type, ({ detail }: CustomEvent<NodeEvents[typeof type]>) => {
          if (detail.name === name) resolve();
        });
      }),
  );
  for (const client of clients) await client.status();
  return { done: Promise.all(seen) };
}

function clientOf({ client, name }: Host): SkeinNode {
  if (client === undefined) throw new Error(`${name} did not start`);
  return client;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds);
}
