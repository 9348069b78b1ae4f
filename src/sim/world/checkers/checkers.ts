/**
 * Checkers of the network: what must hold once the faults have ended and the mesh has settled.
 *
 * Who calls it: the simulation. They stand outside the nodes: each compares what the nodes' public
 * interface says with the ground truth. Invariant: a checker returns what is wrong as text and changes
 * nothing. The checks of messages are in `message-ledger.ts`, since they run all the time.
 */

import { limits } from '../../../kernel/limits.ts';
import type { NodeInfo, NodeStatus, Topology } from '../../../node/node.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type GroundTruth, readGroundTruth } from './ground-truth.ts';

/** Enough to see a pattern; a mesh that has fallen apart would fill pages. */
const problemsMax = 12;

export type CheckCounts = Record<string, number>;

/** One effective network, known to all, with shortest routes. Empty when all is well. */
export async function checkNetwork(
  mesh: Mesh,
  counts: CheckCounts,
  knownTruth?: GroundTruth,
): Promise<string[]> {
  const truth = knownTruth ?? (await readGroundTruth(mesh));
  const statuses = await mesh.ask((life) => life.node.status());
  const topologies = await mesh.ask((life) => life.node.topology());
  const known = await mesh.ask((life) => life.node.nodes());
  const problems = [
    ...checkOneComponent(mesh, truth),
    ...[...statuses].flatMap(([life, status]) => checkNotStalled(life, status)),
    ...[...topologies].flatMap(([life, topology]) => checkTopology(life, topology, truth)),
    ...[...known].flatMap(([life, nodes]) => checkDistances(life, nodes, truth)),
  ];
  count(counts, 'one component', 1);
  count(counts, 'no neighbor stalled', statuses.size);
  count(counts, 'topology equals the true network', topologies.size);
  count(counts, 'hops equal the shortest path', known.size * Math.max(0, known.size - 1));
  return problems.slice(0, problemsMax);
}

/** Bounded queues at any time, faults or not. */
export async function checkQueues(mesh: Mesh, counts: CheckCounts): Promise<string[]> {
  const statuses = await mesh.ask((life) => life.node.status());
  count(counts, 'queues within limits', statuses.size);
  return [...statuses].flatMap(([life, status]) => checkLinks(life, status));
}

/** Each node has as many links as it wants, or one to everybody. */
export async function checkDegrees(mesh: Mesh, counts: CheckCounts): Promise<string[]> {
  const statuses = await mesh.ask((life) => life.node.status());
  count(counts, 'degrees are met', statuses.size);
  const problems = [...statuses].flatMap(([life, { links, settings }]) => {
    const wanted = Math.min(settings.degree, mesh.living.length - 1);
    return links.length >= wanted ? [] : [`${life.node.name} has ${links.length} links and wants ${wanted}`];
  });
  return problems.slice(0, problemsMax);
}

export function count(counts: CheckCounts, name: string, times: number): void {
  counts[name] = (counts[name] ?? 0) + times;
}

function checkOneComponent(mesh: Mesh, truth: GroundTruth): string[] {
  const components = truth.components();
  if (components.length === 1 && truth.edges.size === mesh.living.length) return [];
  const sizes = components.map((component) => component.length).sort((a, b) => b - a);
  const smallest = components.toSorted((a, b) => a.length - b.length)[0] ?? [];
  return [
    `${mesh.living.length} nodes run and are in ${components.length} islands of ${sizes.join(', ')}; the smallest: ${smallest.slice(0, 8).join(' ')}`,
  ];
}

/** Messages go around a stalled neighbor, by a longer path: a mesh at rest has none. */
function checkNotStalled(life: Life, status: NodeStatus): string[] {
  const stalled = status.links.filter((link) => link.stalled).map((link) => link.node);
  return stalled.length === 0 ? [] : [`${life.node.name} holds its neighbors stalled: ${stalled.join(' ')}`];
}

function checkTopology(life: Life, topology: Topology, truth: GroundTruth): string[] {
  const mine = truth.distancesFrom(life.node.name);
  const expected = (name: string) => (mine.has(name) ? truth.linksOf(name) : undefined);
  const names = new Set([...mine.keys(), ...Object.keys(topology)]);
  const wrong = [...names].filter((name) => !sameNames(expected(name), topology[name]));
  if (wrong.length === 0) return [];
  const [name = ''] = wrong.sort();
  const said = topology[name]?.join(' ') ?? 'unknown';
  const truly = expected(name)?.join(' ') ?? 'out of reach';
  return [
    `${life.node.name} has ${wrong.length} nodes wrong in its topology: ${name} linked to [${said}], truly [${truly}]`,
  ];
}

/** Both sorted, as `topology()` promises. */
function sameNames(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a !== undefined && a.length === b?.length && a.every((name, i) => name === b[i]);
}

function checkDistances(life: Life, nodes: readonly NodeInfo[], truth: GroundTruth): string[] {
  const distances = truth.distancesFrom(life.node.name);
  const hopsByName = new Map(nodes.map((node) => [node.name, node.hops]));
  const wrong = [...distances].filter(
    ([name, hops]) => name !== life.node.name && hopsByName.get(name) !== hops,
  );
  const [first] = wrong;
  if (first === undefined) return [];
  const [name, hops] = first;
  return [
    `${life.node.name} has ${wrong.length} routes that are not shortest: ${name} at ${hopsByName.get(name)} hops, truly ${hops}`,
  ];
}

export function checkLinks(life: Life, status: NodeStatus): string[] {
  const problems: string[] = [];
  const queuedBytesMax = limits.linkQueueBytesMax + limits.frameBytesMax;
  for (const link of status.links) {
    if (link.queuedBytes > queuedBytesMax)
      problems.push(`${life.node.name} queues ${link.queuedBytes} bytes for ${link.node}`);
  }
  if (status.links.length > limits.linksMax)
    problems.push(`${life.node.name} has ${status.links.length} links`);
  return problems;
}
