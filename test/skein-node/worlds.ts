/**
 * Where a `SkeinNode` may be: in this process, in another one that is attached to, in the simulator.
 *
 * Used by the conformance suite beside it. Invariant: in each world the node `a` is linked to `b` and to `c`, which are
 * not linked to each other, and all know all; `a` is the broker of their formation, and keeps the swarm.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FormationStatus } from '../../src/features/formation/core/formation-types.ts';
import { storeModels } from '../../src/features/store-models.ts';
import { createNode } from '../../src/host/create-node.ts';
import type { AnyFeature } from '../../src/kit/feature.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';
import { Mesh, World as Simulated } from '../../src/sim/index.ts';
import { freeTcpPorts } from '../free-ports.ts';

export interface World {
  /** The node that the suite is about. */
  readonly a: SkeinNode;
  readonly b: SkeinNode;
  readonly c: SkeinNode;
  /** Where `a` is dialed. */
  readonly address: string;
  /** Lets time pass until this has settled. */
  settle<Value>(work: Promise<Value>): Promise<Value>;
  end(): Promise<void>;
}

export type MakeWorld = (features: readonly AnyFeature[]) => Promise<World>;

const together = async (nodes: readonly SkeinNode[]): Promise<void> => {
  await Promise.all(nodes.map((node) => node.ready({ count: 3, timeoutMs: 60_000 })));
};

interface RealMesh {
  readonly a: LocalNode;
  readonly b: LocalNode;
  readonly c: LocalNode;
  readonly address: string;
}

const isBroker = async (node: SkeinNode): Promise<boolean> =>
  ((await node.status()).features.formation as FormationStatus).role === 'broker';

async function realMesh(features: readonly AnyFeature[], folder: string): Promise<RealMesh> {
  const [port] = await freeTcpPorts(1);
  const formation = [`tcp://127.0.0.1:${port}`];
  const store = join(folder, 'swarm.sqlite');
  const options = (name: string) => ({
    ...{ name, discovery: false, key: false as const, features, formation, store },
    identity: join(folder, `${name}.identity`),
  });
  const a = await createNode(options('a'));
  while (!(await isBroker(a))) await once(a.events, 'formation:broker');
  const address = (await a.status()).addresses[0] as string;
  const [b, c] = await Promise.all(
    ['b', 'c'].map((name) => createNode({ degree: 0, connect: [address], ...options(name) })),
  );
  const mesh = { a, b: b as LocalNode, c: c as LocalNode, address };
  await together([mesh.a, mesh.b, mesh.c]);
  return mesh;
}

export const local: MakeWorld = async (features) => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-node-'));
  const mesh = await realMesh(features, folder);
  return {
    ...mesh,
    settle: (work) => work,
    async end() {
      await Promise.all([mesh.a, mesh.b, mesh.c].map((node) => node.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export const attached: MakeWorld = async (features) => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-node-'));
  const mesh = await realMesh(features, folder);
  const server: ControlServer = await serveControl(mesh.a, join(folder, 'a.sock'));
  const a = await attach({ control: server.path });
  return {
    ...mesh,
    a,
    settle: (work) => work,
    async end() {
      await a.close();
      await Promise.all([mesh.a, mesh.b, mesh.c].map((node) => node.close()));
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export const simulated: MakeWorld = async (features) => {
  const world = new Simulated({ seed: 1 });
  const mesh = new Mesh(world, { degree: 0, network: { latencyMs: 5 } });
  const formation = ['10.9.0.1:7015'];
  const start = (name: string, seeds: string[]) => {
    const member = mesh.add({ name, seeds, solicit: false, features, formation, store: storeModels });
    if (name === 'a') mesh.network.places.add('10.9.0.1:7015', [member.host]);
    return mesh.start(member).node;
  };
  const a = start('a', []);
  await world.resolve(once(a.events, 'formation:broker'));
  const address = mesh.member('a')?.host.address as string;
  const [b, c] = [start('b', [address]), start('c', [address])];
  await world.resolve(together([a, b, c]), 120_000);
  return {
    ...{ a, b, c, address },
    settle: (work) => world.resolve(work, 120_000),
    async end() {
      mesh.killAll();
      const failures = world.failures.filter((text) => !text.includes('ended by itself'));
      if (failures.length > 0) throw new Error(failures.join('\n'));
    },
  };
};
