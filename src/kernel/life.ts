/**
 * A life on the wire: its instance, 64 bits, as two safe integers of 48 and 16.
 *
 * Who calls it: features whose messages must not be taken for those of another life of their node.
 */
import { formatId, type Instance } from './identity.ts';

/** The first 48 bits of an instance. */
export function lifeOf(instance: Instance): number {
  return Number.parseInt(instance.slice(0, 12), 16);
}

/** Its last 16 bits. */
export function lifeTailOf(instance: Instance): number {
  return Number.parseInt(instance.slice(12), 16);
}

export function instanceOfLife(life: number, lifeTail: number): Instance {
  return formatId(life) + lifeTail.toString(16).padStart(4, '0');
}
