/**
 * What features know of nodes besides their announcements, and the switches among it: for `skein node`.
 *
 * Invariant: no feature is named here; a word that is true of a node is the usual case and is not printed.
 */
import { featureClis } from '../features/cli.ts';
import type { ControlClient } from '../remote/client.ts';
import { UsageError } from './kit/exit.ts';
import type { FeatureCli, NodeStates, NodeSwitches, NodeWords } from './kit/feature-cli.ts';

const clis: readonly FeatureCli[] = Object.values(featureClis);

export const switchWords: readonly string[] = clis.flatMap(({ nodeSwitches }) => nodeSwitches?.words ?? []);

/** Of all nodes that a feature knows something of. */
export async function nodeStates(client: ControlClient): Promise<NodeStates> {
  const all = await Promise.all(clis.map((cli) => cli.nodeStates?.(client)));
  const states = new Map<string, NodeWords>();
  for (const each of all)
    for (const [name, words] of each ?? []) states.set(name, { ...states.get(name), ...words });
  return states;
}

/** The node, and what features know of it. */
export function withStates<Node extends { readonly name: string }>(
  node: Node,
  states: NodeStates,
): Node & NodeWords {
  return { ...node, ...states.get(node.name) } as Node & NodeWords;
}

/** The words that are not true of it, in the form in which they are printed. */
export function unusualWords(node: object): string[] {
  const words = node as Readonly<Record<string, unknown>>;
  return switchWords.filter((word) => words[word] === false).map((word) => `not ${word}`);
}

/** Undefined: the word is no switch. */
export function switchesOf(word: string): NodeSwitches | undefined {
  return clis.find(({ nodeSwitches }) => nodeSwitches?.words.includes(word))?.nodeSwitches;
}

/** @throws UsageError for anything but yes and no. */
export function flag(word: string, value: string | undefined): boolean {
  if (value === 'yes' || value === 'no') return value === 'yes';
  throw new UsageError(
    `set: ${word}: expected yes or no, got ${value === undefined ? 'nothing' : `"${value}"`}`,
  );
}
