/**
 * The topology as Graphviz, as meshage draws it: oneself red, others green, each edge once, a legend.
 */
import type { Topology } from '../api.ts';

/**
 * @returns An undirected graph in the DOT language (https://graphviz.org/doc/info/lang.html). Names are
 * quoted; they are 1 to 64 of `[A-Za-z0-9._-]`, so nothing needs escaping.
 */
export function toDot(namespace: string, self: string, topology: Topology): string {
  const names = Object.keys(topology).sort();
  const lines = names.map(
    (name) => `  "${name}" [style=filled, fillcolor=${name === self ? 'red' : 'green'}];`,
  );
  for (const name of names) {
    for (const other of topology[name] ?? []) if (name < other) lines.push(`  "${name}" -- "${other}";`);
  }
  const total = `${names.length} node${names.length === 1 ? '' : 's'}`;
  return [`graph "${namespace}" {`, `  label="${total}";`, ...lines, '}', ''].join('\n');
}
