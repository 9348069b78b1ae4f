/** Two bare programs on the simulated network: no nodes, only what a platform reports, as a log. */
import type { PlatformEvents } from '../../src/node/platform.ts';
import { NodeClock } from '../../src/sim/world/machine/clock.ts';
import { Host } from '../../src/sim/world/machine/host.ts';
import { SimPlatform } from '../../src/sim/world/machine/platform.ts';
import { Network, type NetworkOptions, type Rule } from '../../src/sim/world/network/network.ts';
import { Notary } from '../../src/sim/world/notary.ts';
import { World } from '../../src/sim/world/world.ts';

/** A program that writes down what it is told. */
class Recorder implements PlatformEvents {
  readonly log: string[] = [];
  readonly receivedAt: number[] = [];
  receivedBytes = 0;
  flushedBytes = 0;
  onWake: () => void = () => {};
  private readonly world: World;
  private links = 100;

  constructor(world: World) {
    this.world = world;
  }

  wake(): void {
    this.log.push('wake');
    this.onWake();
  }
  drain(): void {
    this.log.push('drain');
  }
  readdressed(addresses: readonly string[]): void {
    this.log.push(`readdressed ${addresses.join(' ')}`);
  }
  door(): void {
    this.log.push('door');
  }
  accepted(): number {
    this.log.push('accepted');
    return this.links++;
  }
  dialed(link: number, address: string): void {
    this.log.push(`dialed ${link} ${address}`);
  }
  dialFailed(link: number, failure: { code: string }): void {
    this.log.push(`dial failed ${link} ${failure.code}`);
  }
  received(_link: number, bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    this.receivedAt.push(this.world.now);
    this.log.push(`received ${[...bytes.subarray(0, 4)].join(' ')}`);
  }
  flushed(_link: number, byteLength: number): void {
    this.flushedBytes += byteLength;
  }
  closed(link: number, detail?: string): void {
    this.log.push(`closed ${link} ${detail}`);
  }
  datagram(bytes: Uint8Array, from: string): void {
    this.log.push(`datagram ${[...bytes].join(' ')} from ${from}`);
  }
  polled(): void {
    this.log.push('polled');
  }
  sighted(): void {}

  count(start: string): number {
    return this.log.filter((line) => line.startsWith(start)).length;
  }
}

export interface Program {
  readonly host: Host;
  readonly events: Recorder;
  readonly platform: SimPlatform;
}

export function startProgram(network: Network, host: Host): Program {
  const { world } = network;
  const events = new Recorder(world);
  const clock = new NodeClock(world, 5000);
  const random = world.random.fork(`program ${host.name} ${world.now}`);
  return {
    host,
    events,
    platform: new SimPlatform(events, { network, host, clock, random, notary: new Notary() }),
  };
}

/** Two programs 20 ms apart, without jitter or fragments unless asked for. */
export function pair(options: NetworkOptions = {}): {
  world: World;
  network: Network;
  a: Program;
  b: Program;
} {
  const world = new World({ seed: 1 });
  const network = new Network(world, { latencySpread: 0, jitter: 0, fragmentation: 0, ...options });
  const a = startProgram(network, new Host(network, 0, { name: 'a' }));
  const b = startProgram(network, new Host(network, 1, { name: 'b' }));
  return { world, network, a, b };
}

/** The same with link 1 of `a` open to link 100 of `b`. */
export async function linkedPair(options: NetworkOptions = {}): Promise<ReturnType<typeof pair>> {
  const world = pair(options);
  world.a.platform.dial(1, world.b.host.address, 3000);
  await world.world.run(100);
  return world;
}

export function write(program: Program, link: number, bytes: Uint8Array): void {
  program.platform.write(link, [bytes], bytes.length);
}

/** Nothing passes between these hosts and the others. */
export function partition(island: readonly Host[]): Rule {
  return { name: 'partition', blocks: (from, to) => island.includes(from) !== island.includes(to) };
}

export function oneWay(source: Host, target: Host): Rule {
  return { name: 'one-way', blocks: (from, to) => from === source && to === target };
}
