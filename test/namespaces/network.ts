/**
 * Hosts as network namespaces behind one bridge, each with an address, a way to run a program on it and a
 * firewall of its own.
 *
 * Used by the soak, the scenarios and the end-to-end tests, where root, `ip` and `nft` are there. Invariant:
 * every namespace has this process's number in its name, nothing of it is seen outside, and `close` takes all
 * of it away; it is synchronous, so that it works on the way out.
 */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** Networks share no wire, so all of them may use the same addresses. */
export const subnet = '10.77.0';
const run = promisify(execFile);
let networks = 0;

export class NamespaceNetwork {
  readonly hosts: number;
  private readonly prefix = `skein-${process.pid}-${++networks}`;
  private readonly made: string[] = [];

  private constructor(hosts: number) {
    this.hosts = hosts;
  }

  /** @throws when it cannot be made; nothing is left over then. */
  static open(hosts: number): NamespaceNetwork {
    const network = new NamespaceNetwork(hosts);
    try {
      network.build();
    } catch (problem) {
      network.close();
      throw problem;
    }
    return network;
  }

  addressOf(host: number): string {
    return `${subnet}.${host + 1}`;
  }

  /**
   * The words that start a program on a host: the first is the file. `ip` becomes the program that it is told
   * to run, so the process's number is the program's.
   */
  command(host: number, program: readonly string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.namespaceOf(host), ...program];
  }

  /** Gives rules to the host's firewall, all or none of them. */
  async nft(host: number, rules: string): Promise<void> {
    const [file, ...words] = this.command(host, ['nft', '-f', '-']);
    const nft = run(file, words);
    nft.child.stdin?.end(rules);
    await nft;
  }

  close(): void {
    for (const name of this.made.splice(0)) {
      try {
        ip('netns', 'del', name);
      } catch (problem) {
        console.error(`namespace ${name} is left over: ${firstLine(problem)}`);
      }
    }
  }

  private build(): void {
    // The bridge has a namespace too: the machine's own network has no part in this.
    const bridge = `${this.prefix}-bridge`;
    this.add(bridge);
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (let host = 0; host < this.hosts; host++) {
      const namespace = this.namespaceOf(host);
      this.add(namespace);
      const peer = ['peer', 'name', `port${host}`, 'netns', bridge];
      ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', ...peer);
      ip('-n', bridge, 'link', 'set', `port${host}`, 'master', 'br0', 'up');
      ip('-n', namespace, 'addr', 'add', `${this.addressOf(host)}/24`, 'brd', '+', 'dev', 'eth0');
      for (const link of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', link, 'up');
    }
  }

  private add(namespace: string): void {
    ip('netns', 'add', namespace);
    this.made.push(namespace);
  }

  private namespaceOf(host: number): string {
    return `${this.prefix}-${host}`;
  }
}

/** Why network namespaces cannot be made here; undefined where they can. @param needsFirewall `nft` is used as well. */
export function whyNoNamespaces({ needsFirewall = true } = {}): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `skein-${process.pid}-probe`;
  try {
    ip('netns', 'add', probe);
  } catch (problem) {
    return `network namespaces cannot be made here: ${firstLine(problem)}`;
  }
  try {
    if (needsFirewall) ip('netns', 'exec', probe, 'nft', 'list', 'ruleset');
    return undefined;
  } catch (problem) {
    return `nft does not work here: ${firstLine(problem)}`;
  } finally {
    ip('netns', 'del', probe);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function firstLine(problem: unknown): string {
  const { stderr, message } = problem as { stderr?: Buffer; message: string };
  return (stderr?.toString().trim() || message).split('\n')[0] as string;
}
