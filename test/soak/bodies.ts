/**
 * What a message of a soak carries: its key, and bytes that follow from it.
 *
 * Used by member-traffic.ts at both ends. Invariant: of two bodies of one key and size every byte is the same,
 * so that whoever gets one can tell whether it is what was sent.
 */
import { SeededRandom } from '../../src/sim/world/random.ts';

export interface Body {
  readonly key: string;
  readonly bytes: number;
  readonly filling: Uint8Array;
}

export function makeBody(key: string, bytes: number): Body {
  return { key, bytes, filling: new SeededRandom(`body of ${key}`).bytes(bytes) };
}

export function isWhole({ key, bytes, filling }: Body): boolean {
  const sent = makeBody(key, bytes).filling;
  return filling.length === sent.length && filling.every((byte, i) => byte === sent[i]);
}
