import { describe, expect, test } from 'vitest';
import {
  announcedAddresses,
  broadcastAddresses,
  formatAddress,
  holderOf,
  type Interfaces,
  isLoopback,
  localAddresses,
  multicastZones,
  parseAddress,
  subnetBroadcast,
} from './addresses.ts';

const common = { mac: '00:00:00:00:00:00', cidr: null };
const v4 = (address: string, netmask: string, internal = false) =>
  ({ ...common, family: 'IPv4', address, netmask, internal }) as const;
const v6 = (address: string, internal = false) =>
  ({ ...common, family: 'IPv6', address, netmask: 'ffff:ffff:ffff:ffff::', internal, scopeid: 0 }) as const;

const host: Interfaces = {
  lo: [v4('127.0.0.1', '255.0.0.0', true), v6('::1', true)],
  eth0: [v4('10.0.3.7', '255.255.0.0'), v6('fd00::2'), v6('fe80::1')],
  wlan0: [v4('192.168.1.9', '255.255.255.0')],
};
const alone: Interfaces = { lo: host.lo };

describe('parseAddress', () => {
  test.each([
    ['127.0.0.1:7400', '127.0.0.1', 7400],
    ['render7.lab.example:1', 'render7.lab.example', 1],
    ['my_host:65535', 'my_host', 65535],
    ['[::1]:7400', '::1', 7400],
    ['[fe80::1%eth0]:7400', 'fe80::1%eth0', 7400],
    [':0', '', 0],
  ])('%s', (text, address, port) => {
    expect(parseAddress(text)).toEqual({ host: address, port });
    expect(formatAddress(address, port)).toBe(text);
  });

  test.each([
    '',
    'host',
    '7400',
    'host:',
    'host:65536',
    'host:-1',
    'host:7400 ',
    '::1:7400',
    '[::1]',
    '[10.0.0.1]:7400',
    '[]:7400',
    '10.0.0.300:7400',
    '1.2:7400',
    '-host:7400',
    'a..b:7400',
    'http://host:7400',
    `${'a'.repeat(300)}:7400`,
  ])('refuses "%s" and says how an address is written', (text) => {
    expect(() => parseAddress(text, 'listen')).toThrow(
      expect.objectContaining({
        code: 'SKEIN_ADDRESS',
        message: expect.stringMatching(/^listen: .*\[::1\]:7400/),
      }),
    );
  });
});

test('loopback is an address, never a name', () => {
  for (const yes of ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(yes), yes).toBe(true);
  for (const no of ['localhost', '', '0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%lo']) {
    expect(isLoopback(no), no).toBe(false);
  }
});

describe('what a node tells others', () => {
  test('is the address it listens on', () => {
    expect(announcedAddresses('10.0.3.7', 7400, host)).toEqual(['10.0.3.7:7400']);
    expect(announcedAddresses('::1', 7400, host)).toEqual(['[::1]:7400']);
  });

  test('is each address another machine can reach where it listens on all', () => {
    expect(announcedAddresses('0.0.0.0', 1, host)).toEqual(['10.0.3.7:1', '192.168.1.9:1']);
    expect(announcedAddresses('::', 1, host)).toEqual(['10.0.3.7:1', '[fd00::2]:1', '192.168.1.9:1']);
  });

  test('is loopback where there is nothing else', () => {
    expect(announcedAddresses('0.0.0.0', 1, alone)).toEqual(['127.0.0.1:1']);
  });

  test('begins with loopback for nodes of the same machine', () => {
    expect(localAddresses('0.0.0.0', 1, ['10.0.3.7:1'])).toEqual(['127.0.0.1:1', '10.0.3.7:1']);
    expect(localAddresses('10.0.3.7', 1, ['10.0.3.7:1'])).toEqual(['10.0.3.7:1']);
    expect(localAddresses('::', 1, ['127.0.0.1:1'])).toEqual(['127.0.0.1:1']);
  });
});

describe('where broadcasts go', () => {
  test('to the subnets that are listened on, and to this machine', () => {
    expect(broadcastAddresses('127.0.0.1', host)).toEqual(['127.255.255.255']);
    expect(broadcastAddresses('10.0.3.7', host)).toEqual(['10.0.255.255', '127.255.255.255']);
    expect(broadcastAddresses('::', host)).toEqual(['10.0.255.255', '192.168.1.255', '127.255.255.255']);
  });

  test('never to networks without a broadcast address', () => {
    expect(subnetBroadcast('10.0.0.1', '255.255.255.255')).toBeUndefined();
    expect(subnetBroadcast('10.0.0.1', '255.255.255.254')).toBeUndefined();
    expect(subnetBroadcast('10.0.0.1', '255.255.255.252')).toBe('10.0.0.3');
    expect(subnetBroadcast('fd00::2', '255.255.255.0')).toBeUndefined();
  });

  test('and to the IPv6 group on interfaces that have it', () => {
    expect(multicastZones('::', host)).toEqual(['eth0']);
    expect(multicastZones('fd00::2', host)).toEqual(['eth0']);
    expect(multicastZones('0.0.0.0', host)).toEqual([]);
    expect(multicastZones('::1', host)).toEqual([]);
  });
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('whoever has %s may hold all of %s', (address, holder) => {
  expect(holderOf(address)).toBe(holder);
});
