/**
 * All programs of a scenario on loopback, found by broadcast on a port of their own.
 *
 * Used by the process stage for scenarios that leave the network alone. Invariant: what would need a
 * network of its own is refused loudly.
 */
import type { ChildProcess } from 'node:child_process';
import type { Blocks } from '../../src/sim/run/scenario/stage.ts';
import { freeTcpPorts, freeUdpPort } from '../free-ports.ts';
import { type Machines, program, spawnQuietly } from './machines.ts';

export class LoopbackMachines implements Machines {
  readonly environment: Readonly<Record<string, string>>;
  private readonly addresses: ReadonlyMap<string, string>;

  private constructor(addresses: ReadonlyMap<string, string>, discoveryPort: number) {
    this.addresses = addresses;
    this.environment = { SKEIN_DISCOVERY_PORT: String(discoveryPort) };
  }

  static async open(names: readonly string[]): Promise<LoopbackMachines> {
    const ports = await freeTcpPorts(names.length);
    const addresses = new Map(names.map((name, i) => [name, `127.0.0.1:${ports[i]}`]));
    return new LoopbackMachines(addresses, await freeUdpPort());
  }

  addressOf(name: string): string {
    return this.addresses.get(name) as string;
  }

  readonly flags = (name: string): readonly string[] => ['--listen', this.addressOf(name)];

  spawn(_name: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    return spawnQuietly(process.execPath, [program, ...args], env);
  }

  /** The director says at the start that nothing is blocked; anything else needs namespaces. */
  async setPaths(blocks: Blocks): Promise<void> {
    const names = [...this.addresses.keys()];
    if (names.some((from) => names.some((to) => blocks(from, to))))
      throw new Error('loopback cannot be partitioned');
  }

  async setLoss(share: number): Promise<void> {
    if (share > 0) throw new Error('loopback loses nothing');
  }

  async unplug(name: string): Promise<void> {
    throw new Error(`${name} is on loopback, which has no plug`);
  }

  async plugIn(): Promise<void> {}

  async close(): Promise<void> {}
}
