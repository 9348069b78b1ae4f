/** What an idle mesh sends: per node with 50 and with 500 nodes, and per link. */
import { measureIdleTraffic } from '../../src/sim/run/figures.ts';
import type { Figure } from './figure.ts';
import { startMesh } from './meshes.ts';

const settleMs = 60_000;
/** Whole sync periods and a beacon. */
const windowMs = 60_000;

interface Idle {
  readonly perNode: number;
  readonly perLink: number;
}

export async function idleFigures(): Promise<readonly Figure[]> {
  const small = await idleOf(50);
  const large = await idleOf(500);
  return [
    {
      name: 'idle traffic per node, 500 nodes to 50',
      value: large.perNode / small.perNode,
      unit: 'times',
      goal: 1.2,
      note: `${small.perNode.toFixed(0)} and ${large.perNode.toFixed(0)} bytes/s`,
    },
    {
      name: 'idle traffic per link, both directions',
      value: Math.max(small.perLink, large.perLink),
      unit: 'bytes/s',
      goal: 200,
    },
  ];
}

async function idleOf(nodes: number): Promise<Idle> {
  const { world, mesh } = await startMesh(nodes, 1);
  await world.run(settleMs);
  const { idleBytesPerSecond } = await measureIdleTraffic(mesh, windowMs);
  const links = [...mesh.network.streams].filter((stream) => stream.isOpen).length;
  return { perNode: idleBytesPerSecond, perLink: (idleBytesPerSecond * nodes) / links };
}
