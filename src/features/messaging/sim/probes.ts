/**
 * Probes: in a mesh at rest every message must arrive, and by a shortest path.
 *
 * Who calls it: the simulation, after the network has healed. Invariant: routes are judged only when the
 * network was the same before and after, since a mesh may still be exchanging links.
 */

import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { type GroundTruth, readGroundTruth } from '../../../sim/world/checkers/ground-truth.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { SentMessage } from './message-ledger.ts';
import type { MessageWorkload } from './message-workload.ts';

const probeLimitMs = 15_000;

export async function checkProbes(
  mesh: Mesh,
  workload: MessageWorkload,
  counts: CheckCounts,
): Promise<string[]> {
  const before = await readGroundTruth(mesh);
  const probes = workload.probe();
  await mesh.world.runUntil(() => probes.every((probe) => probe.outcome !== undefined), probeLimitMs);
  const after = await readGroundTruth(mesh);
  count(counts, 'probes arrive', probes.length);
  const lost = probes.flatMap((probe) => checkArrived(mesh, probe));
  if (!before.equals(after)) return lost;
  count(counts, 'probes take a shortest path', probes.length);
  return [...lost, ...probes.flatMap((probe) => checkPaths(probe, before))];
}

function checkArrived(mesh: Mesh, probe: SentMessage): string[] {
  const name = probe.source.node.name;
  const { outcome } = probe;
  if (outcome === undefined) return [`a probe of ${name} was never resolved`];
  if (typeof outcome === 'string') return [];
  const everyone = mesh.living.filter((life) => life !== probe.source).map((life) => life.node.name);
  const without = (probe.to ?? everyone).filter((recipient) => !outcome.delivered.includes(recipient));
  if (without.length === 0) return [];
  const reasons = outcome.missing.map(({ node, reason }) => `${node} (${reason})`).join(', ');
  return [`in a mesh at rest a probe of ${name} did not reach ${without.join(' ')}: ${reasons}`];
}

function checkPaths(probe: SentMessage, truth: GroundTruth): string[] {
  const source = probe.source.node.name;
  return [...probe.gotBy].flatMap(([recipient, route]) => {
    if (route === undefined) return [];
    const shortest = truth.distancesFrom(source).get(recipient);
    const isPath = route.every((name, i) => i === 0 || truth.edges.get(route[i - 1] as string)?.has(name));
    const fits = route[0] === source && route.at(-1) === recipient && route.length - 1 === shortest;
    if (isPath && fits) return [];
    return [
      `a probe of ${source} to ${recipient} went ${route.join(' ')}, the shortest path has ${shortest} hops`,
    ];
  });
}
