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
