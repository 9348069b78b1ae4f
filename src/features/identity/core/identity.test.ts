/** Whose identity a node has, over changes of what it announces and of its incarnation. */
import { expect, test } from 'vitest';
import { Ed25519Signer } from '../../../host/keys/record-signer.ts';
import type { BehaviorAgent, RecordSigner } from '../../../kernel/contracts.ts';
import { digestOf, type NodeId } from '../../../kernel/identity.ts';
import { Identity } from './identity.ts';
import { prove } from './proof.ts';

const node = 5 as NodeId;
const key = new Ed25519Signer();
const bearer = { namespace: 'default', name: 'b', instance: '0123456789abcdef' };
const proof = prove(bearer, key);

/** An identity that hears of one node. */
function rig() {
  let entry = { ...bearer, reachable: true };
  let sections: ReadonlyMap<string, Uint8Array> = new Map();
  let checks = 0;
  const proven: NodeId[] = [];
  const checker = new Ed25519Signer();
  const signer: RecordSigner = {
    publicKey: checker.publicKey,
    sign: (bytes) => checker.sign(bytes),
    verify: (...args) => {
      checks++;
      return checker.verify(...args);
    },
  };
  const identity = new Identity({ signer, key: undefined });
  const agent = { self: { id: 1 }, directory: { get: () => entry } } as unknown as BehaviorAgent;
  identity.lifecycle.started?.(agent);
  identity.onProven((id) => proven.push(id));
  /** Its record is another one. */
  const announces = (changes: Partial<typeof entry>, section: Uint8Array | undefined) => {
    entry = { ...entry, ...changes };
    const after = new Map(section === undefined ? [] : [['identity', section]]);
    identity.mesh.event?.(agent, { type: 'sections-changed', node, before: sections, after });
    sections = after;
  };
  return { identity, announces, proven, checks: () => checks };
}

test('a proof is checked once for an incarnation, however often its record changes', () => {
  const { identity, announces, proven, checks } = rig();
  for (let i = 0; i < 3; i++) announces({}, proof.slice());
  expect(identity.identityOf(node)).toBe(digestOf(key.publicKey));
  expect([proven, checks()]).toEqual([[node], 1]);
  announces({}, undefined);
  expect(identity.identityOf(node)).toBeUndefined();
});

test('a proof that an invented incarnation has shown first counts again for the one that it is of', () => {
  const { identity, announces, proven } = rig();
  announces({ instance: 'fedcba9876543210' }, proof);
  expect(identity.identityOf(node)).toBeUndefined();
  announces({ instance: bearer.instance }, proof);
  expect(identity.identityOf(node)).toBe(digestOf(key.publicKey));
  expect(proven).toEqual([node]);
});
