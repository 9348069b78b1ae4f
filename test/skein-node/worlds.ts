/**
 * Where a `SkeinNode` may be: in this process, in another one that is attached to, in the simulator.
 *
 * Used by the conformance suite beside it. Invariant: in each world the node `a` is linked to `b` and to `c`, which are
 * not linked to each other, and all know all.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode } from '../../src/host/create-node.ts';
import type { AnyFeature } from '../../src/kit/feature.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';
import { Mesh, World as Simulated } from '../../src/sim/index.ts';

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

async function realMesh(features: readonly AnyFeature[]): Promise<RealMesh> {
  const options = { discovery: false, key: false as const, features };
  const a = await createNode({ name: 'a', ...options });
  const address = (await a.status()).addresses[0] as string;
  const [b, c] = await Promise.all(
    ['b', 'c'].map((name) => createNode({ name, degree: 0, connect: [address], ...options })),
  );
  const mesh = { a, b: b as LocalNode, c: c as LocalNode, address };
  await together([mesh.a, mesh.b, mesh.c]);
  return mesh;
}

export const local: MakeWorld = async (features) => {
  const mesh = await realMesh(features);
  return {
    ...mesh,
    settle: (work) => work,
    end: async () => void (await Promise.all([mesh.a, mesh.b, mesh.c].map((node) => node.close()))),
  };
};

export const attached: MakeWorld = async (features) => {
  const mesh = await realMesh(features);
  const folder = mkdtempSync(join(tmpdir(), 'skein-node-'));
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
  const start = (name: string, seeds: string[]) =>
    mesh.start(mesh.add({ name, seeds, solicit: false, features })).node;
  const a = start('a', []);
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
