/**
 * One denial: that a name, and where it is known the identity behind it, is shut out of the mesh, or is let in again.
 *
 * Kept by every member, and by the store of the swarm. Invariant: of any two denials of one pair one outranks the other,
 * or they are the same, at each member that compares them.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import { denialLimits } from './limits.ts';

export interface Denial {
  readonly name: string;
  /** 32 hexadecimal digits; empty: only the name is denied. */
  readonly identity: string;
  /** Raised by each change of the pair. */
  readonly version: number;
  /** False: it was taken back. */
  readonly isDenied: boolean;
  /** Unix milliseconds of the change, by the clock of the node that made it. */
  readonly since: number;
  /** Name of the node that made the change. */
  readonly by: string;
}

/** The last time that a `Date` has: it is shown. */
const sinceMax = 8.64e15;
const identityPattern = /^[0-9a-f]{32}$/;

export function isIdentity(text: string): boolean {
  return identityPattern.test(text);
}

/** No name holds a space. */
export function keyOf({ name, identity }: Pick<Denial, 'name' | 'identity'>): string {
  return `${name} ${identity}`;
}

/** Positive: `a` counts. Of two changes that knew nothing of each other the denial does. */
export function compareDenials(a: Denial, b: Denial): number {
  if (a.version !== b.version) return a.version - b.version;
  if (a.isDenied !== b.isDenied) return a.isDenied ? 1 : -1;
  if (a.since !== b.since) return a.since - b.since;
  return a.by === b.by ? 0 : a.by > b.by ? 1 : -1;
}

/** Undefined: it is none. What comes from a file, a store or another member may be anything. */
export function denialOf(value: unknown): Denial | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, identity, version, isDenied, since, by } = value as Partial<Record<keyof Denial, unknown>>;
  if (!isName(name) || !isName(by) || typeof isDenied !== 'boolean') return undefined;
  if (typeof identity !== 'string' || (identity !== '' && !isIdentity(identity))) return undefined;
  if (!isCount(version) || version === 0 || !isCount(since) || since > sinceMax) return undefined;
  return { name, identity, version, isDenied, since, by };
}

function isName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= denialLimits.denialByBytesMax &&
    nameProblem(value) === undefined
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
