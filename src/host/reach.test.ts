import { expect, test } from 'vitest';
import { type ReachView, reachFindings } from './reach.ts';

const loopbackView: ReachView = {
  security: { mode: 'open', keys: [] },
  addresses: ['127.0.0.1:7400'],
  broadcastTargets: ['127.255.255.255:7077'],
  isWildcard: false,
  turnedAway: 0,
};
const codes = (changes: Partial<ReachView>): string[] =>
  reachFindings({ ...loopbackView, ...changes }).map(({ code }) => code);

test('without a key a node says that it stays on this machine, and how to change that', () => {
  const [finding, ...rest] = reachFindings({ ...loopbackView, security: { mode: 'loopback', keys: [] } });
  expect(finding?.text).toContain('has no key: it stays on this machine');
  expect(finding?.text).toContain('skein key new');
  expect(rest).toEqual([]);
});

test('with --insecure, or a key, and on loopback all the same, it says so, and what opens it', () => {
  const [finding] = reachFindings(loopbackView);
  expect(finding?.text).toContain('listens and solicits on loopback only (127.0.0.1:7400)');
  expect(finding?.text).toContain('--listen 0.0.0.0:0');
  expect(codes({ security: { mode: 'key', keys: ['k'] }, addresses: ['[::1]:1', 'localhost:1'] })).toEqual([
    'loopback-only',
  ]);
  expect(reachFindings({ ...loopbackView, broadcastTargets: [] })[0]?.text).toContain('this node listens on');
});

test('on every interface of a machine without a network it says that, and not that it was made to stay on loopback', () => {
  const findings = reachFindings({ ...loopbackView, isWildcard: true });
  expect(findings.map(({ code }) => code)).toEqual(['no-network']);
  expect(codes({ isWildcard: true, addresses: ['10.0.0.1:7400'] })).toEqual([]);
});

test.each<[string, Partial<ReachView>]>([
  ['an address elsewhere', { addresses: ['127.0.0.1:1', '10.0.0.1:1'] }],
  ['an address elsewhere that it advertises', { addresses: ['one.example:1'] }],
  ['solicitations elsewhere', { broadcastTargets: ['10.0.0.255:7077', '127.255.255.255:7077'] }],
])('with %s there is nothing to say', (_what, changes) => {
  expect(codes(changes)).toEqual([]);
});

test('with a key it counts who came without one', () => {
  const view: Partial<ReachView> = { security: { mode: 'key', keys: ['k'] }, addresses: ['10.0.0.1:1'] };
  expect(codes({ ...view, turnedAway: 0 })).toEqual([]);
  const [finding] = reachFindings({ ...loopbackView, ...view, turnedAway: 1 });
  expect(finding?.text).toBe(
    'a connection without a key was turned away; this node has one and links to members only',
  );
  expect(codes({ ...view, turnedAway: 2 })).toEqual(['links-open']);
});
