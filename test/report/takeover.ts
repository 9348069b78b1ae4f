/**
 * Takeovers: 16 real processes on one machine whose broker is killed, again and again; and, in virtual time, 60 nodes
 * on three machines of which the broker's is cut off.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { FormationRun } from '../../src/features/formation/sim/formation-run.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { Site } from '../e2e/helpers.ts';
import { type Figure, median } from './figure.ts';

const processes = 16;
const takeovers = 50;
const limitMs = 30_000;
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
const nodes = 60;
const machines = 3;

export async function takeoverFigures(): Promise<readonly Figure[]> {
  return [...(await realFigures()), ...(await simulatedFigures())];
}

// ── real ────────────────────────────────────────────────────────────────────────────────────────────

/** A process and whom it follows. */
interface Watched {
  readonly name: string;
  readonly client: SkeinNode;
  readonly process: { kill(signal: NodeJS.Signals): boolean };
  broker: string | undefined;
}

class Fleet {
  readonly members = new Map<string, Watched>();
  private readonly site: Site;
  private readonly address: string;
  private looks: (() => void)[] = [];
  private count = 0;

  constructor(site: Site, address: string) {
    this.site = site;
    this.address = address;
  }

  async add(): Promise<void> {
    const name = `n${++this.count}`;
    const control = join(this.site.folder, `${name}.sock`);
    const { process } = await this.site.up(name, '--control', control, '--formation', this.address);
    const client = await attach({ control });
    const watched: Watched = { name, client, process, broker: undefined };
    client.events.addEventListener('formation:broker', ({ detail }) =>
      this.hears(watched, detail.broker?.name),
    );
    const { features } = await client.status();
    const { broker } = features.formation as { readonly broker?: { readonly name?: string } };
    this.hears(watched, broker?.name);
    this.members.set(name, watched);
  }

  /** @returns when all follow one of them that is not this one: its name, and the time. */
  agreed(except?: string): Promise<{ readonly name: string; readonly at: number }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no common broker within ${limitMs} ms`)), limitMs);
      const look = (): void => {
        const names = new Set([...this.members.values()].map(({ broker }) => broker));
        const [name] = names;
        if (names.size !== 1 || name === undefined || name === except) return;
        clearTimeout(timer);
        this.looks = this.looks.filter((one) => one !== look);
        resolve({ name, at: performance.now() });
      };
      this.looks.push(look);
      look();
    });
  }

  private hears(watched: Watched, broker: string | undefined): void {
    watched.broker = broker;
    for (const look of [...this.looks]) look();
  }
}

async function realFigures(): Promise<readonly Figure[]> {
  const site = await Site.open();
  try {
    return await killBrokers(new Fleet(site, await freeAddress()));
  } finally {
    await site.close();
  }
}

async function killBrokers(fleet: Fleet): Promise<readonly Figure[]> {
  for (let i = 0; i < processes; i++) await fleet.add();
  const times: number[] = [];
  for (let i = 0; i < takeovers; i++) {
    const { name } = await fleet.agreed();
    const broker = fleet.members.get(name) as Watched;
    fleet.members.delete(name);
    const began = performance.now();
    broker.process.kill('SIGKILL');
    times.push((await fleet.agreed(name)).at - began);
    await broker.client.close();
    await fleet.add();
  }
  const what = `after SIGKILL of the broker all of ${processes} real processes follow another`;
  return [
    { name: `${what}, median of ${takeovers}`, value: median(times), unit: 'ms', goal: 500 },
    { name: `${what}, worst of ${takeovers}`, value: Math.max(...times), unit: 'ms', goal: 1500 },
  ];
}

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return `tcp://127.0.0.1:${port}`;
}

// ── simulated ───────────────────────────────────────────────────────────────────────────────────────

async function simulatedFigures(): Promise<readonly Figure[]> {
  const runs: CutOffTimes[] = [];
  for (const seed of seeds) runs.push(await cutOff(seed));
  const what = `${nodes} nodes, ${machines} machines, the broker's cut off`;
  const note = `the slowest of ${seeds.length} seeds`;
  return [
    { name: `${what}: one broker on the other side`, value: worst(runs, 'apart'), unit: 's', goal: 5, note },
    { name: `${what}: one in all once it is healed`, value: worst(runs, 'healed'), unit: 's', goal: 5, note },
    { name: `${what}: epochs with two brokers`, value: sum(runs), unit: 'epochs', goal: 0, note },
  ];
}

interface CutOffTimes {
  readonly apart: number | undefined;
  readonly healed: number | undefined;
  readonly failures: number;
}

async function cutOff(seed: number): Promise<CutOffTimes> {
  const run = new FormationRun({ seed, nodes, machines });
  run.start();
  await run.agreed(run.mesh.members, limitMs);
  await run.world.run(12_000);
  const inside = run.machineOf(run.broker);
  const heal = run.cutOff(inside);
  const apart = await run.agreed(
    run.mesh.members.filter((member) => !inside.includes(member)),
    limitMs,
  );
  await run.world.run(30_000);
  heal();
  const healed = await run.agreed(run.mesh.members, limitMs);
  const failures = run.world.failures.length;
  run.end();
  return { apart, healed, failures };
}

function worst(runs: readonly CutOffTimes[], which: 'apart' | 'healed'): number | undefined {
  const times = runs.map((run) => run[which]);
  return times.includes(undefined) ? undefined : Math.max(...(times as number[])) / 1000;
}

function sum(runs: readonly CutOffTimes[]): number {
  return runs.reduce((total, { failures }) => total + failures, 0);
}
