import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NameFiles, resolveHost } from './resolve.ts';

/** A name server; `answer` gives the IPv4 addresses of a name, undefined: silence. */
let server: Socket;
let asked: string[];
let arrived: () => void;
let answer: (name: string) => readonly string[] | undefined;

beforeEach(async () => {
  asked = [];
  arrived = () => undefined;
  answer = () => undefined;
  server = createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    const name = nameIn(query);
    const isIpv4 = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1;
    if (isIpv4) asked.push(name);
    arrived();
    const found = answer(name);
    if (found !== undefined) server.send(reply(query, isIpv4 ? found : []), port, address);
  });
  await new Promise<void>((bound) => server.bind(0, '127.0.0.1', bound));
});
afterEach(() => new Promise<void>((closed) => server.close(() => closed())));

const files: NameFiles = { hosts: undefined, nsswitch: 'hosts: files dns', resolv: undefined };
const resolve = (host: string, more: Partial<NameFiles> = {}, signal = new AbortController().signal) =>
  resolveHost(host, {
    timeoutMs: 5000,
    signal,
    files: { ...files, ...more },
    servers: [`127.0.0.1:${server.address().port}`],
  });

describe.skipIf(process.platform !== 'linux')('a name is resolved', () => {
  test('by the hosts file first, to all of its addresses', async () => {
    const hosts =
      '# nodes\n10.0.0.1 Nodes.example n1\n10.0.0.2 n2 nodes.example # the second\nfe80::1 other\n';
    expect(await resolve('nodes.example', { hosts })).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(asked).toEqual([]);
  });

  test('by DNS, in the search domains as well', async () => {
    answer = (name) => (name === 'nodes.lab.example' ? ['10.0.0.1', '10.0.0.2'] : []);
    expect(await resolve('nodes', { resolv: 'search home.example lab.example\n' })).toEqual([
      '10.0.0.1',
      '10.0.0.2',
    ]);
    expect(asked).toEqual(['nodes.home.example', 'nodes.lab.example']);
    expect(await resolve('nobody')).toEqual([]);
  });

  test('no further once the dial is aborted, also while the name server is silent', async () => {
    const controller = new AbortController();
    const first = new Promise<void>((come) => {
      arrived = come;
    });
    const resolving = resolve('nodes.example', {}, controller.signal);
    await first;
    controller.abort();
    expect(await resolving).toEqual([]);
  });
});

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at] !== 0; at += (query[at] as number) + 1)
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] as number)));
  return labels.join('.');
}

/** RFC 1035, section 4: the question again, and one A record for each address. */
function reply(query: Buffer, addresses: readonly string[]): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(addresses.length > 0 ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, question, ...records]);
}
