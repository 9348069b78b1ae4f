import { expect, test } from 'vitest';
import type { BehaviorAgent, Neighbor } from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import { idOf } from '../../../kernel/identity.ts';
import type { IdentityCore } from '../../identity/core/shared.ts';
import { Denials, type DenialsShape } from './denials.ts';
import { denialLimits } from './limits.ts';

/** A node `a` without a list, and what its followers hear of its own denial. */
function opened() {
  const neighbors = new Map<number, Neighbor>();
  const agent = {
    now: 1000,
    wallNow: 0,
    self: { name: 'a', id: idOf('a') },
    neighbors,
    directory: { entries: () => [], get: () => undefined },
    log: () => undefined,
    deliver: () => undefined,
    flushLater: () => undefined,
    shutOut: () => undefined,
    sendOnLink: () => undefined,
  };
  const own: { proven?: (node: number) => void; identity?: string } = {};
  const identity: IdentityCore = {
    canCheck: true,
    use: () => undefined,
    identityOf: (node) => (node === agent.self.id ? own.identity : undefined),
    onProven: (follower) => {
      own.proven = follower;
    },
  };
  const denials = new Denials(identity, undefined);
  const heard: (string | undefined)[] = [];
  denials.onOwn((why) => heard.push(why?.code));
  const typed = agent as unknown as BehaviorAgent<DenialsShape>;
  denials.lifecycle.started?.(typed);
  const flush = () => denials.timers.flush?.(typed, agent.now);
  const refused = (): void => {
    const turnedAway = failure('SKEIN_DENIED', 'a is denied');
    denials.mesh.event?.(typed, { type: 'refused', address: '10.0.0.2:7000', failure: turnedAway });
    flush();
  };
  return { agent, denials, typed, neighbors, own, heard, flush, refused };
}

test('a node without a link that is turned away as denied takes itself for denied until it gets one', () => {
  const { denials, typed, heard, flush, refused } = opened();
  refused();
  refused();
  expect(heard).toEqual(['SKEIN_DENIED']);
  denials.links.incomingUp?.(typed, {} as Neighbor);
  flush();
  expect(heard).toEqual(['SKEIN_DENIED', undefined]);
});

test('being turned away is forgotten where nobody turns this node away any more', () => {
  const { agent, denials, typed, heard, flush, refused } = opened();
  refused();
  agent.now += denialLimits.denialTurnedAwayMs;
  expect(denials.timers.nextDeadline?.()).toBe(agent.now);
  denials.timers.deadline?.(typed, agent.now);
  flush();
  expect(heard).toEqual(['SKEIN_DENIED', undefined]);
});

test('the word of one member does not count for a node that others have let in', () => {
  const { neighbors, heard, refused } = opened();
  neighbors.set(1, { features: [] } as unknown as Neighbor);
  refused();
  expect(heard).toEqual([]);
});

test('a node finds that it is denied where its own identity is known only later', () => {
  const { agent, denials, own, heard, flush } = opened();
  const identity = 'a'.repeat(32);
  denials.learn([{ name: 'other', identity, version: 1, isDenied: true, since: 0, by: 'b' }]);
  flush();
  expect(heard).toEqual([]);
  own.identity = identity;
  own.proven?.(agent.self.id);
  flush();
  expect(heard).toEqual(['SKEIN_DENIED']);
});
