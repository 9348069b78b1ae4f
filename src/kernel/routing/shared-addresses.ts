/**
 * Addresses that several nodes announce: those of bridges and NATs that are equal on all machines.
 *
 * Who calls it: discovery, which dials them last and names them last in solicitations, and the own record. Invariant: known from
 * records alone, so that it holds before anything was dialed.
 */
import type { BehaviorAgent } from '../contracts.ts';
import type { NodeId } from '../identity.ts';

/** Those of `addresses` that another node than `node` announces as well. */
export function sharedAddresses(
  { self, directory }: Pick<BehaviorAgent, 'self' | 'directory'>,
  addresses: readonly string[],
  node: NodeId,
): Set<string> {
  const wanted = new Set(addresses);
  const shared = new Set<string>();
  const add = (id: NodeId, announced: readonly string[]): void => {
    if (id !== node) for (const address of announced) if (wanted.has(address)) shared.add(address);
  };
  add(self.id, self.addresses);
  for (const entry of directory.entries()) if (!entry.left) add(entry.id, entry.addresses);
  return shared;
}

/** The same addresses, those that others announce as well last. */
export function sharedLast(
  agent: Pick<BehaviorAgent, 'self' | 'directory'>,
  addresses: readonly string[],
): readonly string[] {
  if (addresses.length < 2) return addresses;
  const shared = sharedAddresses(agent, addresses, agent.self.id);
  if (shared.size === 0) return addresses;
  return [...addresses].sort((a, b) => Number(shared.has(a)) - Number(shared.has(b)));
}
