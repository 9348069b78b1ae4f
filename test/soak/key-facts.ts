/**
 * What a member still has of a key that was taken away.
 *
 * Used by rotation.ts once a rotation is over. Invariant: pure, and in doubt it acquits: a link is held
 * against a member only if it is older than its dialer's first use of the new key, since a dialer proves the
 * key that it uses and is answered with the same.
 */
import type { Answer } from './protocol.ts';

export interface KeyFacts {
  /** The id of the one key that is left. */
  readonly key: string;
  /** When the user of that member began to use it; before all time for the first key. */
  usedFromMs(name: string): number;
}

/** In words; nothing when the member has only the new key, and all its links were proven with it. */
export function remainsOfOldKey(name: string, answer: Answer, facts: KeyFacts): string[] {
  const rings =
    answer.keys.join() === facts.key ? [] : [`${name} holds ${answer.keys.join(', ') || 'no key'}`];
  const links = answer.links.flatMap(({ node, outgoing, openedMs }) => {
    const dialer = outgoing ? name : node;
    const earlyMs = facts.usedFromMs(dialer) - openedMs;
    if (earlyMs <= 0) return [];
    const link = outgoing ? `${name} to ${node}` : `${node} to ${name}`;
    return [`the link from ${link} is ${Math.round(earlyMs)} ms older than the new key's first use there`];
  });
  return [...rings, ...links];
}
