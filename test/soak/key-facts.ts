/**
 * What a member still has of a key that was taken away.
 *
 * Used by rotation.ts once a rotation is over. Invariant: pure; what it says of a link is what the node
 * itself says of the proof.
 */
import type { Answer } from './protocol.ts';

/** In words; nothing when the member has only the key that is left, and all its links were proven with it. */
export function remainsOfOldKey(name: string, { keys, links }: Pick<Answer, 'keys' | 'links'>, key: string) {
  const rings = keys.join() === key ? [] : [`${name} holds ${keys.join(', ') || 'no key'}`];
  const proofs = links.flatMap((link) =>
    link.key === key ? [] : [`the link of ${name} to ${link.node} stands by ${link.key ?? 'no key'}`],
  );
  return [...rings, ...proofs];
}
