/**
 * The nodes of the mesh, and those that were ever here, as one list.
 *
 * Called by `skein node ls --all`. Invariant: a node is listed once; what the mesh knows of it beats what is remembered.
 */
import { idOf } from '../../kernel/index.ts';
import type { NodeInfo } from '../../node/node.ts';
import type { SeenNode } from './feature-cli.ts';

/** A node of the mesh, or one that was here once. */
export interface ListedNode extends NodeInfo {
  /** Unix milliseconds. Undefined: nobody remembers it. */
  readonly firstSeen?: number;
  /** Unix milliseconds. */
  readonly lastSeen?: number;
  /** The durable identity that its name belongs to. Undefined: none is known. */
  readonly identity?: string;
}

/** @param now Unix milliseconds. */
export function withSeen(nodes: readonly NodeInfo[], seen: readonly SeenNode[], now: number): ListedNode[] {
  const known = new Map(nodes.map((node) => [node.name, node]));
  const remembered = seen.map((each) => ({
    ...(known.get(each.name) ?? goneNode(each, now)),
    firstSeen: each.firstSeen,
    lastSeen: each.lastSeen,
    ...(each.identity === '' ? {} : { identity: each.identity }),
  }));
  const names = new Set(seen.map(({ name }) => name));
  return [...remembered, ...nodes.filter(({ name }) => !names.has(name))];
}

/** The mesh has forgotten it: what its announcement said is empty. */
function goneNode({ name, services, addresses, lastSeen }: SeenNode, now: number): NodeInfo {
  return {
    name,
    id: idOf(name),
    namespace: '',
    instance: '',
    version: '',
    addresses,
    links: [],
    services,
    self: false,
    reachable: false,
    left: false,
    hops: undefined,
    forMs: Math.max(0, now - lastSeen),
  };
}
