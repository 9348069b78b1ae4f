/**
 * Checks that a list of features fits together, before a node is made with it.
 *
 * Who calls it: the local node, with skein's own and the program's. Invariant: each problem is one TypeError that names
 * the feature, what is wrong and what to do.
 */
import { featureNumber, nameProblem } from '../kernel/identity.ts';
import { shown } from './arguments.ts';
import type { AnyFeature } from './feature.ts';

const parts = ['behavior', 'facade', 'attached'] as const;
const kinds = ['call', 'stream', 'duplex'];

export function checkFeatures(features: readonly AnyFeature[]): void {
  const known = new Map<string, number>();
  for (const feature of features) {
    checkParts(feature);
    const number = featureNumber(feature.name);
    for (const [other, taken] of known) {
      if (other === feature.name)
        throw new TypeError(`feature ${other}: this node has a feature of that name already; rename one`);
      if (taken === number)
        throw new TypeError(`features ${other} and ${feature.name} have the same number; rename one`);
    }
    for (const need of feature.needs)
      if (!known.has(need))
        throw new TypeError(
          `feature ${feature.name} needs "${need}", which does not come before it; add it before ${feature.name}`,
        );
    known.set(feature.name, number);
  }
}

function checkParts(feature: AnyFeature): void {
  const given = feature as Partial<AnyFeature> | null | undefined;
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`features: each is made with feature(), got ${shown(given)}`);
  const problem = nameProblem(given.name as string);
  if (problem !== undefined) throw new TypeError(`features: ${problem}`);
  for (const part of parts)
    if (typeof given[part] !== 'function')
      throw new TypeError(`feature ${given.name}: "${part}" is missing; it is a function`);
  if (!Array.isArray(given.needs))
    throw new TypeError(`feature ${given.name}: "needs" is missing; give a list, [] for none`);
  checkOperations(given.name as string, given.operations);
}

function checkOperations(name: string, operations: unknown): void {
  if (typeof operations === 'function') return;
  if (typeof operations !== 'object' || operations === null)
    throw new TypeError(`feature ${name}: "operations" is missing; give an object, {} for none`);
  for (const [verb, operation] of Object.entries(operations as Record<string, Record<string, unknown>>)) {
    const where = `feature ${name}: operation "${verb}"`;
    if (!kinds.includes(operation.kind as string))
      throw new TypeError(`${where} is made with call, stream or duplex of operationsOf()`);
    const input = operation.input as { readonly type?: unknown } | undefined;
    if (input?.type !== 'strict_object')
      throw new TypeError(`${where} has no input schema; give v.strictObject({...}) of valibot`);
    if (typeof operation.run !== 'function') throw new TypeError(`${where} has no "run"`);
  }
}
