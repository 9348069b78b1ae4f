/**
 * Hosts as network namespaces behind one bridge, whose ways nft cuts, thins and resets.
 *
 * Chosen by run.ts where root, `ip` and `nft` are there. Invariant: every namespace has this process's number
 * in its name, and nothing of it is seen outside; each fault is one nft table of its own at the receiving
 * host, so that faults overlap and end in any order.
 */
import { execFile, execFileSync } from 'node:child_process';
import type { Ground, HostCut } from './ground.ts';
import type { NetworkFault } from './schedule.ts';

const prefix = `skein-soak-${process.pid}`;
/** The bridge has a namespace too, so that nothing of this is seen outside. */
const bridge = `${prefix}-bridge`;
const subnet = `10.${64 + (process.pid % 128)}.${Math.floor(process.pid / 128) % 256}`;
const namespaceOf = (host: number): string => `${prefix}-${host}`;
const addressOf = (host: number): string => `${subnet}.${host + 1}`;

/** Why namespaces cannot be made here; undefined when they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `${prefix}-probe`;
  try {
    ip('netns', 'add', probe);
  } catch (problem) {
    return `network namespaces cannot be made here: ${firstLine(problem)}`;
  }
  try {
    ip('netns', 'exec', probe, 'nft', 'list', 'ruleset');
    return undefined;
  } catch (problem) {
    return `nft does not work here: ${firstLine(problem)}`;
  } finally {
    ip('netns', 'del', probe);
  }
}

export function openNamespaces(hosts: number): Ground {
  const made: string[] = [];
  const close = (): void => {
    for (const name of made.splice(0)) {
      try {
        ip('netns', 'del', name);
      } catch (problem) {
        console.error(`namespace ${name} is left over: ${firstLine(problem)}`);
      }
    }
  };
  try {
    makeNetwork(hosts, made);
  } catch (problem) {
    close();
    throw problem;
  }
  let faults = 0;
  return {
    hosts,
    poorBecause: undefined,
    listen: '0.0.0.0:0',
    discoveryPort: 7077,
    // `ip` becomes the program that it is told to run: the process's number is the member's.
    command: (host, program) => ['ip', 'netns', 'exec', namespaceOf(host), ...program],
    apply: (fault) => apply(fault, `soak_${++faults}`),
    close,
  };
}

function makeNetwork(hosts: number, made: string[]): void {
  const add = (name: string): void => {
    ip('netns', 'add', name);
    made.push(name);
  };
  add(bridge);
  ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', bridge, 'link', 'set', 'br0', 'up');
  for (let host = 0; host < hosts; host++) {
    const namespace = namespaceOf(host);
    add(namespace);
    const peer = ['peer', 'name', `port${host}`, 'netns', bridge];
    ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', ...peer);
    ip('-n', bridge, 'link', 'set', `port${host}`, 'master', 'br0', 'up');
    ip('-n', namespace, 'addr', 'add', `${addressOf(host)}/24`, 'brd', '+', 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', link, 'up');
  }
}

async function apply(fault: NetworkFault, table: string): Promise<() => Promise<void>> {
  const rules = rulesOf(fault);
  await Promise.all([...rules].map(([host, lines]) => nft(host, tableText(table, lines))));
  return async () => {
    await Promise.all([...rules.keys()].map((host) => nft(host, `delete table inet ${table}`)));
  };
}

/** By the host at whose entrance they stand. */
function rulesOf(fault: NetworkFault): Map<number, string[]> {
  if (!('cuts' in fault)) return new Map([[fault.host, [lossRule(fault.kind, fault.percent)]]]);
  const rules = new Map<number, string[]>();
  for (const cut of fault.cuts) {
    rules.set(cut.to, [...(rules.get(cut.to) ?? []), fault.kind === 'reset' ? resetRule(cut) : cutRule(cut)]);
  }
  return rules;
}

function lossRule(kind: 'datagram-loss' | 'packet-loss', percent: number): string {
  return `${kind === 'datagram-loss' ? 'meta l4proto udp ' : ''}numgen random mod 100 < ${percent} drop`;
}

function cutRule({ from }: HostCut): string {
  return `ip saddr ${addressOf(from)} drop`;
}

/** The sender of any segment is told that there is no such connection. */
function resetRule({ from }: HostCut): string {
  return `ip saddr ${addressOf(from)} meta l4proto tcp reject with tcp reset`;
}

function tableText(table: string, rules: readonly string[]): string {
  return `table inet ${table} {
    chain in {
      type filter hook input priority 0; policy accept;
      ${rules.join('\n      ')}
    }
  }`;
}

function nft(host: number, rules: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['netns', 'exec', namespaceOf(host), 'nft', '-f', '-'];
    const child = execFile('ip', args, (problem) => (problem ? reject(problem) : resolve()));
    child.stdin?.end(rules);
  });
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function firstLine(problem: unknown): string {
  const { stderr, message } = problem as { stderr?: Buffer; message: string };
  return (stderr?.toString().trim() || message).split('\n')[0] as string;
}
