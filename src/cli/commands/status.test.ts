import { expect, test } from 'vitest';
import { formatStatus } from './status.ts';

const status = {
  name: 'a',
  namespace: 'default',
  addresses: ['10.0.0.1:7400'],
  security: { mode: 'key', keys: ['f3a1'] },
  uptimeMs: 61_000,
  nodeCount: 3,
  links: [],
  settings: { degree: 3 },
  version: '0.1.0',
  features: {},
  troubles: [],
  warnings: [],
} as unknown as Parameters<typeof formatStatus>[0];

test('while a key is being changed, each link shows by which key it stands', () => {
  const link = { node: 'b', address: '10.0.0.2:7400', direction: 'outgoing', openForMs: 1000, key: 'f3a1' };
  const links = [{ ...link, framesIn: 1, framesOut: 1 }] as unknown as (typeof status)['links'];
  expect(formatStatus({ ...status, links })).not.toMatch(/KEY/);
  const text = formatStatus({ ...status, links, security: { mode: 'key', keys: ['f3a1', '77b0'] } });
  expect(text).toMatch(/STATE\s+KEY\n.*open\s+f3a1/);
});

test('whoever was cut off is named with the reason, and the line is missing where nobody was', () => {
  expect(formatStatus(status)).not.toContain('cut off');
  const cutOff = [
    { name: 'mallory', reason: 'it passed on a forged record of c', times: 2 },
    { name: 'eve', reason: 'it floods records', times: 1 },
  ];
  const text = formatStatus({ ...status, features: { topology: { cutOff } } });
  expect(text).toMatch(/cut off\s+mallory: it passed on a forged record of c \(2 times\)/);
  expect(text).toMatch(/cut off\s+eve: it floods records \(1 time\)/);
});

test('what endangers the store of the node is shown with its time, and what the swarm has to say', () => {
  expect(formatStatus(status)).not.toMatch(/warning|swarm|clock/);
  const text = formatStatus({
    ...status,
    features: {
      swarm: {
        broker: 'k',
        store: 'elsewhere',
        home: { store: 'ab'.repeat(16), host: 'attic' },
        clockSet: { expected: 1_800_000_000_000, wallNow: 1_800_086_400_000 },
      },
    },
    warnings: [{ at: 1_800_000_000_000, text: 'the store lies in memory' }],
  });
  expect(text).toMatch(/^warning +2027-01-1.T.*: the store lies in memory$/m);
  expect(text).toMatch(/^swarm +kept by k on attic \(store abababab\)$/m);
  expect(text).toMatch(/^clock +was set ahead by 24h 0m, to 2027-.* where 2027-.* was expected$/m);
  const problem = { store: 'elsewhere', problem: 'no node of this swarm has a store' };
  const none = formatStatus({ ...status, features: { swarm: problem } });
  expect(none).toMatch(/^swarm +kept by nobody: no node of this swarm has a store$/m);
});
