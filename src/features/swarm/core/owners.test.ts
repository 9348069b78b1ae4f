/** Who may act in a name, where the proof of its node comes after it was refused. */
import { expect, test } from 'vitest';
import { idOf } from '../../../kernel/identity.ts';
import { swarmLimits } from './limits.ts';
import { Owners, type OwnersPorts } from './owners.ts';

test('a node that was refused, and proves later that the name is its own, is admitted after all', () => {
  const node = idOf('b');
  const identity = 'b'.repeat(32);
  const from = { node, life: 0xbbbbbbbbbbbb, name: 'b' };
  let proven: string | undefined;
  let instance = 'b'.repeat(16);
  const agent = {
    now: 0,
    self: { id: 99 },
    directory: { get: () => ({ name: 'b', instance, reachable: true }) },
    ...{ log: () => undefined, deliver: () => undefined, store: () => 1 },
  };
  const ports = {
    identity: { canCheck: true, identityOf: () => proven },
    agent: () => agent,
    reply: () => undefined,
  } as unknown as OwnersPorts;
  const owners = new Owners(ports);
  owners.pins.loaded([{ name: 'b', identity }]);
  const outcomes: unknown[] = [];
  owners.admit(from, (refusal) => outcomes.push(refusal?.code));
  agent.now = swarmLimits.swarmProofMs;
  owners.pins.deadline(agent.now);
  expect(outcomes).toEqual(['SKEIN_NAME_PINNED']);
  expect(owners.proven(node)).toBeUndefined();
  proven = identity;
  // Another incarnation of its name is there for a moment.
  instance = 'c'.repeat(16);
  expect(owners.proven(node)).toBeUndefined();
  instance = 'b'.repeat(16);
  expect(owners.proven(node)).toBe('b');
  expect(owners.proven(node)).toBeUndefined();
});

test('nobody is let in while the store is closed, since its pins are not known; what waits is decided afterwards', () => {
  let isOpen = true;
  const pin = { name: 'b', identity: 'b'.repeat(32) };
  const agent = {
    now: 0,
    self: { id: 99 },
    directory: { get: () => ({ name: 'b', instance: 'b'.repeat(16), reachable: true }) },
    ...{ log: () => undefined, deliver: () => undefined, store: () => 1 },
  };
  const owners = new Owners({
    identity: { canCheck: true, identityOf: () => undefined },
    agent: () => agent,
    isOpen: () => isOpen,
    reply: () => undefined,
  } as unknown as OwnersPorts);
  owners.pins.loaded([pin]);
  const outcomes: unknown[] = [];
  owners.admit({ node: idOf('b'), life: 0xbbbbbbbbbbbb, name: 'b' }, (refusal) =>
    outcomes.push(refusal?.code),
  );
  isOpen = false;
  owners.closed(false);
  agent.now = swarmLimits.swarmProofMs;
  expect(owners.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  owners.deadline(agent.now);
  expect(outcomes).toEqual([]);
  owners.pins.loaded([pin]);
  owners.opened();
  isOpen = true;
  owners.deadline(agent.now);
  expect(outcomes).toEqual(['SKEIN_NAME_PINNED']);
});
