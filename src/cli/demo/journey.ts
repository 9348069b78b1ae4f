/**
 * Chooses who sends to whom in the demo: two nodes that are not neighbors, with another way around the
 * node in between.
 *
 * Used by the story. Pure: a topology in, names out.
 */
import type { Topology } from '../../node/node.ts';

export interface Journey {
  readonly from: string;
  readonly to: string;
  /** The two stay connected whichever node between them is lost. */
  readonly hasDetour: boolean;
}

/** The farthest pair, one with a detour first; undefined when everybody is everybody's neighbor. */
export function chooseJourney(topology: Topology): Journey | undefined {
  const journeys: (Journey & { readonly hops: number })[] = [];
  const names = Object.keys(topology).sort();
  for (const from of names) {
    for (const to of names) {
      const hops = distance(topology, from, to);
      if (hops < 2 || !Number.isFinite(hops)) continue;
      const between = names.filter((name) => name !== from && name !== to);
      const hasDetour = between.every((lost) => Number.isFinite(distance(without(topology, lost), from, to)));
      journeys.push({ from, to, hasDetour, hops });
    }
  }
  journeys.sort((a, b) => Number(b.hasDetour) - Number(a.hasDetour) || b.hops - a.hops);
  return journeys[0];
}

export function linkCount(topology: Topology): number {
  return Object.values(topology).reduce((sum, links) => sum + links.length, 0) / 2;
}

/** Hops by breadth first; Infinity where there is no way. */
function distance(topology: Topology, from: string, to: string): number {
  const seen = new Set([from]);
  let ring = [from];
  for (let hops = 0; ring.length > 0; hops++) {
    if (ring.includes(to)) return hops;
    ring = ring.flatMap((name) => topology[name] ?? []).filter((name) => !seen.has(name));
    for (const name of ring) seen.add(name);
  }
  return Number.POSITIVE_INFINITY;
}

function without(topology: Topology, lost: string): Topology {
  const rest = Object.entries(topology).filter(([name]) => name !== lost);
  return Object.fromEntries(rest.map(([name, links]) => [name, links.filter((link) => link !== lost)]));
}
