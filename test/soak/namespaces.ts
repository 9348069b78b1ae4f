/**
 * Hosts as network namespaces, whose ways nft cuts, thins and resets.
 *
 * Chosen by run.ts where root, `ip` and `nft` are there. Invariant: each fault is one nft table of its own at
 * the receiving host, so that faults overlap and end in any order.
 */
import { NamespaceNetwork, subnet } from '../namespaces/network.ts';
import type { Ground } from './ground.ts';
import type { NetworkFault } from './schedule.ts';

export function openNamespaces(hosts: number): Ground {
  const network = NamespaceNetwork.open(hosts);
  let faults = 0;
  return {
    hosts,
    poorBecause: undefined,
    listen: '0.0.0.0:0',
    discoveryPort: 7077,
    broadcast: `${subnet}.255`,
    command: (host, program) => network.command(host, program),
    apply: (fault) => apply(network, fault, `soak_${++faults}`),
    close: () => network.close(),
  };
}

async function apply(
  network: NamespaceNetwork,
  fault: NetworkFault,
  table: string,
): Promise<() => Promise<void>> {
  const rules = rulesOf(network, fault);
  await Promise.all([...rules].map(([host, lines]) => network.nft(host, tableText(table, lines))));
  return async () => {
    await Promise.all([...rules.keys()].map((host) => network.nft(host, `delete table inet ${table}`)));
  };
}

/** By the host at whose entrance they stand. */
function rulesOf(network: NamespaceNetwork, fault: NetworkFault): Map<number, string[]> {
  if (!('cuts' in fault)) return new Map([[fault.host, [lossRule(fault.kind, fault.percent)]]]);
  const rules = new Map<number, string[]>();
  for (const cut of fault.cuts) {
    const from = network.addressOf(cut.from);
    const rule = fault.kind === 'reset' ? resetRule(from) : cutRule(from);
    rules.set(cut.to, [...(rules.get(cut.to) ?? []), rule]);
  }
  return rules;
}

function lossRule(kind: 'datagram-loss' | 'packet-loss', percent: number): string {
  return `${kind === 'datagram-loss' ? 'meta l4proto udp ' : ''}numgen random mod 100 < ${percent} drop`;
}

function cutRule(from: string): string {
  return `ip saddr ${from} drop`;
}

/** The sender of any segment is told that there is no such connection. */
function resetRule(from: string): string {
  return `ip saddr ${from} meta l4proto tcp reject with tcp reset`;
}

function tableText(table: string, rules: readonly string[]): string {
  return `table inet ${table} {
    chain in {
      type filter hook input priority 0; policy accept;
      ${rules.join('\n      ')}
    }
  }`;
}
