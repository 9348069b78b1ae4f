/**
 * Each program of a scenario on a host of its own: a network namespace behind one bridge, cut off and healed
 * by nft.
 *
 * Used by the process stage for scenarios that disturb the network. Needs root, `ip` and `nft`. Invariant:
 * the rules of a host follow from what is blocked at the moment, and are replaced as a whole, in one go.
 */
import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Blocks } from '../../src/sim/scenario/stage.ts';
import { type Machines, program, spawnQuietly } from './machines.ts';

const subnet = '10.77.0';
const port = 7400;
const table = 'inet skein_scenario';
const run = promisify(execFile);
let networks = 0;

export class NamespaceMachines implements Machines {
  readonly environment: Readonly<Record<string, string>> = {};
  readonly flags = (): readonly string[] => ['--listen', `0.0.0.0:${port}`, '--insecure'];
  private readonly names: readonly string[];
  private readonly prefix = `skein-${process.pid}-${++networks}`;
  private readonly unplugged = new Set<string>();
  /** What nft was told last, by member. */
  private readonly rules = new Map<string, string>();
  private blocks: Blocks = () => false;
  private lossShare = 0;

  private constructor(names: readonly string[]) {
    this.names = names;
  }

  static async open(names: readonly string[]): Promise<NamespaceMachines> {
    const machines = new NamespaceMachines(names);
    try {
      await machines.build();
    } catch (problem) {
      await machines.close();
      throw problem;
    }
    return machines;
  }

  addressOf(name: string): string {
    return `${this.ipOf(name)}:${port}`;
  }

  /** `ip` becomes the program that it is told to run: the process's number is the node's. */
  spawn(name: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    return spawnQuietly(
      'ip',
      ['netns', 'exec', this.namespaceOf(name), process.execPath, program, ...args],
      env,
    );
  }

  async setPaths(blocks: Blocks): Promise<void> {
    this.blocks = blocks;
    await this.applyAll();
  }

  async setLoss(share: number): Promise<void> {
    this.lossShare = share;
    await this.applyAll();
  }

  async unplug(name: string): Promise<void> {
    this.unplugged.add(name);
    await this.apply(name);
  }

  async plugIn(name: string): Promise<void> {
    if (this.unplugged.delete(name)) await this.apply(name);
  }

  async close(): Promise<void> {
    const namespaces = [`${this.prefix}-bridge`, ...this.names.map((name) => this.namespaceOf(name))];
    // A setup that failed half-way leaves fewer of them.
    await Promise.all(namespaces.map((namespace) => run('ip', ['netns', 'del', namespace]).catch(() => {})));
  }

  private async build(): Promise<void> {
    const bridge = `${this.prefix}-bridge`;
    await ip('netns', 'add', bridge);
    await ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    await ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (const [i, name] of this.names.entries()) {
      const namespace = this.namespaceOf(name);
      await ip('netns', 'add', namespace);
      const peer = ['peer', 'name', `port${i}`, 'netns', bridge];
      await ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', ...peer);
      await ip('-n', bridge, 'link', 'set', `port${i}`, 'master', 'br0', 'up');
      await ip('-n', namespace, 'addr', 'add', `${this.ipOf(name)}/24`, 'brd', '+', 'dev', 'eth0');
      for (const link of ['lo', 'eth0']) await ip('-n', namespace, 'link', 'set', link, 'up');
    }
  }

  private async applyAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.apply(name)));
  }

  private async apply(name: string): Promise<void> {
    const rules = this.rulesOf(name);
    if (rules === (this.rules.get(name) ?? '')) return;
    this.rules.set(name, rules);
    const whole = `table ${table} {}\ndelete table ${table}\n${rules}`;
    const nft = run('ip', ['netns', 'exec', this.namespaceOf(name), 'nft', '-f', '-']);
    nft.child.stdin?.end(whole);
    await nft;
  }

  private rulesOf(name: string): string {
    if (this.unplugged.has(name))
      return `table ${table} {
        chain in { type filter hook input priority 0; policy drop; }
        chain out { type filter hook output priority 0; policy drop; }
      }`;
    const unheard = this.names.filter((from) => from !== name && this.blocks(from, name));
    const perThousand = Math.round(this.lossShare * 1000);
    const drops = [
      ...(unheard.length === 0
        ? []
        : [`ip saddr { ${unheard.map((from) => this.ipOf(from)).join(', ')} } drop`]),
      ...(perThousand === 0 ? [] : [`numgen random mod 1000 < ${perThousand} drop`]),
    ];
    if (drops.length === 0) return '';
    return `table ${table} { chain in { type filter hook input priority 0; ${drops.join('; ')}; }\n}`;
  }

  private ipOf(name: string): string {
    return `${subnet}.${this.names.indexOf(name) + 1}`;
  }

  private namespaceOf(name: string): string {
    return `${this.prefix}-${this.names.indexOf(name)}`;
  }
}

/** Why there can be no namespaces here; undefined where there can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `skein-${process.pid}-probe`;
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'pipe' });
  } catch (problem) {
    return `network namespaces cannot be made here: ${firstLine(problem)}`;
  }
  try {
    execFileSync('ip', ['netns', 'exec', probe, 'nft', 'list', 'ruleset'], { stdio: 'pipe' });
  } catch (problem) {
    return `nft does not work here: ${firstLine(problem)}`;
  } finally {
    execFileSync('ip', ['netns', 'del', probe], { stdio: 'pipe' });
  }
  return undefined;
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}

function firstLine(problem: unknown): string {
  const { stderr, message } = problem as { stderr?: Buffer; message: string };
  return (stderr?.toString().trim() || message).split('\n')[0] as string;
}
