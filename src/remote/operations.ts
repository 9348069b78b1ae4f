/**
 * All operations of a node, by name: those of the node itself and of each of its features.
 *
 * The control socket serves them, the command line draws from their types. A feature of the program's own adds its
 * operations as `FEATURE.OPERATION`. Invariant: a name, once published, keeps its meaning, and no two share one.
 */
import { features } from '../features/index.ts';
import { type AllOf, loadOperations, type OperationsOf } from '../kit/feature.ts';
import type { AnyOperation, Operations } from '../kit/operation.ts';
import type { LocalNode } from '../node/node.ts';
import { nodeOperations } from '../node/remote.ts';

export type AllOperations = typeof nodeOperations & AllOf<OperationsOf<(typeof features)[number]>>;

/** An operation, and what it is run on. */
export interface Served {
  readonly operation: AnyOperation;
  readonly api: unknown;
}

export type OperationTable = ReadonlyMap<string, Served>;

/** Those that every node has, in order. */
export async function skeinOperations(): Promise<[string, AnyOperation][]> {
  const loaded = await Promise.all(features.map((feature) => loadOperations(feature)));
  return [nodeOperations, ...loaded].flatMap((operations) => Object.entries<AnyOperation>(operations));
}

/** @throws TypeError when two operations share a name. */
export async function operationTable(node: LocalNode): Promise<OperationTable> {
  const table = new Map<string, Served>();
  const add = (operations: Operations<never>, api: unknown, prefix = ''): void => {
    for (const [local, operation] of Object.entries(operations)) {
      const name = `${prefix}${local}`;
      if (table.has(name)) throw new TypeError(`operations: two are called "${name}"; rename one`);
      table.set(name, { operation, api });
    }
  };
  add(nodeOperations, node);
  for (const feature of features) add(await loadOperations(feature), node);
  for (const feature of node.added) add(await loadOperations(feature), node.use(feature), `${feature.name}.`);
  return table;
}
