/**
 * One node's own view must agree with itself, at any time: its hops are the shortest in its own topology.
 *
 * Who calls it: the simulation, again and again while faults last. Invariant: a view is judged only when
 * the same topology was read a while before, since records follow links by up to 400 ms, and a new life
 * outbids the record of the one before it only after a probe; and never by what the network truly is.
 */
import type { NodeInfo, Topology } from '../../../node/node.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type CheckCounts, count } from './checkers.ts';
import { GroundTruth } from './ground-truth.ts';

interface View {
  readonly topology: Topology;
  readonly nodes: readonly NodeInfo[];
  readonly linked: ReadonlySet<string>;
}

/** Longer than a name is probed for, and its new record then takes to spread. */
const steadyMs = 2500;

/** Looks at one node twice; what is wrong both times is told. */
export async function checkView(mesh: Mesh, life: Life, counts: CheckCounts): Promise<string[]> {
  const first = await readView(mesh, life);
  await mesh.world.run(steadyMs);
  const second = life.platform.isPaused ? undefined : await readView(mesh, life);
  if (first === undefined || second === undefined || life.platform.loop.isSlow) return [];
  // A neighbor's record that is a lie about its life: its link counts in the topology, and not for routes.
  if (mesh.liars.misleadUntil >= mesh.world.now - steadyMs) return [];
  if (JSON.stringify(first.topology) !== JSON.stringify(second.topology)) return [];
  if ([...first.linked].sort().join() !== [...second.linked].sort().join()) return [];
  count(counts, "a node's view agrees with itself", 1);
  const problems = problemsOf(life, second);
  return problemsOf(life, first).length === 0 ? [] : problems;
}

async function readView(mesh: Mesh, life: Life): Promise<View | undefined> {
  const asked = mesh.askOne(life, ({ node }) => Promise.all([node.topology(), node.nodes(), node.status()]));
  const answer = await asked;
  if (answer === undefined) return undefined;
  const [topology, nodes, { links }] = answer;
  return { topology, nodes, linked: new Set(links.map(({ node }) => node)) };
}

function problemsOf(life: Life, view: View): string[] {
  const edges = new Map(Object.entries(view.topology).map(([name, linked]) => [name, new Set(linked)]));
  const distances = new GroundTruth(edges).distancesFrom(life.node.name);
  const hopsByName = new Map(view.nodes.map(({ name, hops }) => [name, hops]));
  return [...new Set([...distances.keys(), ...hopsByName.keys()])].flatMap((name) => {
    const hops = hopsByName.get(name);
    const truly = distances.get(name);
    if (hops !== truly)
      return [`${life.member.name} puts ${name} at ${hops} hops, its own topology at ${truly}`];
    if (hops !== 1 || view.linked.has(name)) return [];
    return [`${life.member.name} puts ${name} at one hop and has no link to it`];
  });
}
