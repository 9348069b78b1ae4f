/**
 * Each program of a scenario on a host of its own: a network namespace, cut off and healed by nft.
 *
 * Used by the process stage for scenarios that disturb the network. Needs root, `ip` and `nft`. Invariant:
 * the rules of a host follow from what is blocked at the moment, and are replaced as a whole, in one go.
 */
import type { ChildProcess } from 'node:child_process';
import type { Blocks } from '../../src/sim/run/scenario/stage.ts';
import { NamespaceNetwork } from '../namespaces/network.ts';
import { type Machines, program, spawnQuietly } from './machines.ts';

const port = 7400;
const table = 'inet skein_scenario';

export class NamespaceMachines implements Machines {
  readonly environment: Readonly<Record<string, string>> = {};
  readonly flags = (): readonly string[] => ['--listen', `0.0.0.0:${port}`, '--insecure'];
  private readonly names: readonly string[];
  private readonly network: NamespaceNetwork;
  private readonly unplugged = new Set<string>();
  /** What nft was told last, by member. */
  private readonly rules = new Map<string, string>();
  private blocks: Blocks = () => false;
  private lossShare = 0;

  private constructor(names: readonly string[]) {
    this.names = names;
    this.network = NamespaceNetwork.open(names.length);
  }

  static async open(names: readonly string[]): Promise<NamespaceMachines> {
    return new NamespaceMachines(names);
  }

  addressOf(name: string): string {
    return `${this.ipOf(name)}:${port}`;
  }

  spawn(name: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const words = [process.execPath, program, ...args];
    const [file, ...rest] = this.network.command(this.hostOf(name), words);
    return spawnQuietly(file, rest, env);
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
    this.network.close();
  }

  private async applyAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.apply(name)));
  }

  private async apply(name: string): Promise<void> {
    const rules = this.rulesOf(name);
    if (rules === (this.rules.get(name) ?? '')) return;
    this.rules.set(name, rules);
    const whole = `table ${table} {}\ndelete table ${table}\n${rules}`;
    await this.network.nft(this.hostOf(name), whole);
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
    return this.network.addressOf(this.hostOf(name));
  }

  private hostOf(name: string): number {
    return this.names.indexOf(name);
  }
}
