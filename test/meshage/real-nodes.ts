/**
 * Real nodes in this process, apart from every other: what the conformance tests run on.
 *
 * Used by the tests beside it. Invariant: what was started is closed by `closeAll`, and nodes find each
 * other only by the port or the links that a test gives them.
 */
import { createNode } from '../../src/host/create-node.ts';
import type { NodeEvents, NodeOptions, SkeinNode } from '../../src/node/node.ts';

const running: SkeinNode[] = [];

/** A node of degree 0 that finds nobody by itself, unless the options say otherwise. */
export async function start(name: string, options: NodeOptions = {}): Promise<SkeinNode> {
  const node = await createNode({ name, degree: 0, discovery: false, ...options });
  running.push(node);
  return node;
}

/** Nodes of these names with links as named: `['a-b', 'b-c']`. Resolves when all know all. */
export async function linked(names: readonly string[], links: readonly string[]): Promise<SkeinNode[]> {
  const nodes = new Map<string, SkeinNode>();
  for (const name of names) nodes.set(name, await start(name));
  for (const link of links) {
    const [from, to] = link.split('-').map((name) => nodes.get(name)) as [SkeinNode, SkeinNode];
    await from.dial(await addressOf(to));
  }
  await Promise.all(
    [...nodes.values()].map((node) => node.ready({ count: names.length, timeoutMs: 10_000 })),
  );
  return [...nodes.values()];
}

export async function addressOf(node: SkeinNode): Promise<string> {
  return (await node.status()).addresses[0] as string;
}

export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((node) => node.close({ drainMs: 0 })));
}

export function nextEvent<Type extends keyof NodeEvents>(
  node: SkeinNode,
  type: Type,
): Promise<NodeEvents[Type]> {
  return new Promise((resolve) => {
    node.events.addEventListener(type, ({ detail }) => resolve(detail), { once: true });
  });
}
