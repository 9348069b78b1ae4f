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
} as unknown as Parameters<typeof formatStatus>[0];

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
