/**
 * What ended a dial, said of the address that was dialed.
 *
 * Who calls it: the neighborhood, before behaviors and people hear of it. Invariant: always a failure, so
 * that no dial ends without a reason.
 */
import { type Failure, failure } from '../errors.ts';

export function worded(detail: Failure | undefined, address: string): Failure {
  if (detail?.code === 'SKEIN_SELF') return failure('SKEIN_SELF', `${address} is this node itself`);
  if (detail?.code === 'SKEIN_KEY') return failure('SKEIN_KEY', keyText(address, detail.message));
  return detail ?? failure('SKEIN_UNREACHABLE', `${address} did not become a link`);
}

/** Another link to the same life of it is there. */
export function alreadyConnected(name: string): Failure {
  return failure('SKEIN_ALREADY_CONNECTED', `a link to ${name} is open already`);
}

/** Said where a proof does not hold. */
export const otherKeyText = 'it has another mesh key';

/** The other end words it as it sees it; here it is said of the address that was dialed. */
function keyText(address: string, text: string): string {
  if (text.includes('has none')) return `${address} belongs to a mesh with a key, and this node has none`;
  if (text.includes(otherKeyText))
    return `${address} has another mesh key; compare both with: skein key show`;
  return text;
}
