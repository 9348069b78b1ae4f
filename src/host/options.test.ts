import { describe, expect, test } from 'vitest';
import { meetingAddress } from '../doors/nanomsg/formation-option.ts';
import type { NodeOptions } from '../node/node.ts';
import { planOf, requestOf } from './options.ts';

const check = (options: unknown) => planOf(requestOf(options as NodeOptions));

test('everything has a default', () => {
  expect(check({})).toMatchObject({
    name: undefined,
    namespace: 'default',
    changeable: { degree: 3, syncPeriodMs: 10_000, sendTimeoutMs: 10_000, letterBytes: 1024 ** 2 },
    listen: { host: '127.0.0.1', port: 0 },
    advertise: undefined,
    seeds: [],
    discovery: { udp: true, port: 7077, broadcast: undefined, byFolder: true, folder: undefined },
    stallToleranceMs: 3000,
    keys: undefined,
    isOpen: false,
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});

describe('an option of the wrong kind is refused with its name, the value and what is accepted', () => {
  test.each<[unknown, RegExp]>([
    [null, /^options: expected an object, got null/],
    [{ nmae: 'a' }, /^options: unknown option "nmae": did you mean name\?/],
    [{ wombat: 1 }, /^options: unknown option "wombat": accepted are name, namespace/],
    [{ name: 7 }, /^name: a name is text, not number/],
    [{ name: 'a b' }, /^name: .*"a b" does not fit/],
    [{ name: '../x' }, /^name: /],
    [{ namespace: '' }, /^namespace: /],
    [{ degree: -1 }, /^degree: expected a whole number from 0 to 1024, got -1/],
    [{ degree: 1.5 }, /^degree: .* got 1.5$/],
    [{ degree: '3' }, /^degree: .* got "3"$/],
    [
      { syncPeriodMs: 5 },
      /^syncPeriodMs: expected a whole number of milliseconds from 100 to 3600000, got 5$/,
    ],
    [{ sendTimeoutMs: Number.POSITIVE_INFINITY }, /^sendTimeoutMs: .* got Infinity$/],
    [{ stallToleranceMs: 10 }, /^stallToleranceMs: .*from 3000 to 60000, got 10$/],
    [{ insecure: 'yes' }, /^insecure: expected true or false, got "yes"$/],
    [{ listen: 7400 }, /^listen: expected HOST:PORT, got 7400$/],
    [{ connect: '10.0.0.1:1' }, /^connect: expected a list .*got "10.0.0.1:1"$/],
    [{ advertise: [1] }, /^advertise: .*got \[1\]$/],
    [{ version: '' }, /^version: .*got ""$/],
    [{ logger: console.log }, /^logger: .*debug, info, warn and error, got a function$/],
    [{ discovery: 'on' }, /^discovery: expected true or false, got "on"$/],
    [{ discoveryPort: 0 }, /^discoveryPort: .*from 1 to 65535, got 0$/],
    [{ folder: '' }, /^folder: expected a path, or true or false, got ""$/],
    [{ udp: 1 }, /^udp: .*got 1$/],
    [{ formation: [] }, /^formation: expected a list of 1 to .*got \[\]$/],
    [{ formation: 'tcp://127.0.0.1:1' }, /^formation: expected a list of .*addresses/],
    [{ doorInsecure: 1 }, /^doorInsecure: .*got 1$/],
    [{ control: 'here' }, /^control: expected true, false or \{ path: PATH_OF_A_SOCKET \}, got "here"$/],
    [{ control: { pth: 'x' } }, /^control: /],
  ])('%j', (options, message) => {
    expect(() => check(options)).toThrow(TypeError);
    expect(() => check(options)).toThrow(message);
  });
});

describe('an address that is none is refused', () => {
  test.each<NodeOptions>([
    { listen: 'localhost' },
    { advertise: [':7400'] },
    { connect: ['localhost:0'] },
    { formation: ['tcp://127.0.0.1'] },
    { formation: ['tcp://:7015'] },
    { formation: ['tcp://0.0.0.0:7015'] },
    { formation: ['tcp://127.0.0.1:0'] },
    { formation: ['ipc:///tmp/a'] },
    { broadcast: ['everybody'] },
  ])('%j', (options) => {
    expect(() => check(options)).toThrow(expect.objectContaining({ code: 'SKEIN_ADDRESS' }));
  });
});

describe('an address that leaves this machine', () => {
  const leaving: NodeOptions[] = [
    { advertise: ['203.0.113.5:7400'] },
    { advertise: ['render7:7400'] },
    { connect: ['10.0.0.9:7400'] },
    { connect: ['[fd00::1]:7400'] },
    { formation: ['tcp://10.0.0.9:7015'] },
    { broadcast: ['10.0.0.255'] },
  ];

  test.each(leaving)('is refused without a key: %j', (options) => {
    expect(() => check(options)).toThrow(
      expect.objectContaining({ code: 'SKEIN_PROTECTED', message: expect.stringContaining('--insecure') }),
    );
  });

  test.each(leaving)('is accepted with insecure: %j', (options) => {
    expect(() => check({ ...options, insecure: true })).not.toThrow();
  });
});

test('names to connect to are looked at when they are dialed', () => {
  expect(check({ connect: ['render7:7400', ':7401'] }).seeds).toEqual(['render7:7400', '127.0.0.1:7401']);
});

test('a broadcast address takes the discovery port unless it has one', () => {
  const { discovery } = check({
    discoveryPort: 9000,
    broadcast: ['127.255.255.255', '127.0.0.1:9001'],
  });
  expect(discovery.broadcast).toEqual(['127.255.255.255:9000', '127.0.0.1:9001']);
});

test('discovery can be turned off as a whole or in parts', () => {
  expect(check({ discovery: false }).discovery).toMatchObject({ udp: false, byFolder: false });
  expect(check({ udp: false }).discovery).toMatchObject({ udp: false, byFolder: true });
  expect(check({ folder: false }).discovery).toMatchObject({ udp: true, byFolder: false });
});

test('a formation is a list of addresses, each once, in the order given; socket files are further doors', () => {
  const { doors } = check({
    formation: ['tcp://127.0.0.1:7015', 'localhost:7016', 'tcp://127.0.0.1:7015', 'ipc:///tmp/a'],
  });
  expect(doors).toHaveLength(1);
  expect(doors[0]?.plan).toEqual({
    addresses: ['127.0.0.1:7015', 'localhost:7016'],
    whenWanted: [],
    doors: ['ipc:///tmp/a'],
    doorInsecure: false,
    endWhenHung: false,
  });
});

test('a door that no formation has cannot be opened', () => {
  expect(() => check({ doorInsecure: true })).toThrow(/^doorInsecure: there is no formation/);
});

test.each([
  ['127.0.0.1', false, 'tcp://127.0.0.1:7400'],
  ['::1', false, 'tcp://[::1]:7400'],
  ['0.0.0.0', false, 'tcp://127.0.0.1:7400'],
  ['::', false, 'tcp://127.0.0.1:7400'],
  ['10.0.0.5', false, ''],
  ['0.0.0.0', true, 'tcp://10.0.0.5:7400'],
  ['10.0.0.5', true, 'tcp://10.0.0.5:7400'],
])('a node at %s (open to all: %s) is met by nanomsg programs at "%s"', (host, doorInsecure, meeting) => {
  expect(meetingAddress({ host, port: 7400 }, ['10.0.0.5:7400'], doorInsecure)).toBe(meeting);
});
