/** What a member of the fleet is asked to do, and what a task of it is: all of it follows from its key. */
import { SeededRandom } from '../../../src/sim/world/random.ts';
import type { NodeSettings } from '../member-node.ts';

export interface MemberWork extends NodeSettings {
  /** Lines of what it knows for certain, over all its incarnations. */
  readonly diary: string;
  readonly role: Role;
  /** Of an attached author: the node that it uses. */
  readonly host: string;
}

/** `spare`: a `skein up`, there to become the broker. `attached author`: a program that uses a spare. */
export type Role = 'spare' | 'author' | 'attached author' | 'worker';

/**
 * Of a run. `replaced`: a worker is stopped until another one has what it had, and hands in its result late. `storm`: any
 * member is killed, stopped, cut off, or has its clock set. `wall`: two halves that share the store do not reach each other.
 */
export type Part = 'replaced' | 'storm' | 'wall';

export type ToMember =
  | 'finish'
  | 'close'
  /** Counts what has not ended. */
  | 'count'
  /** Writes down all that is listed. */
  | 'list'
  /** Orders a task for this worker. */
  | { readonly type: 'bait'; readonly worker: string };

/** In the order in which they are started. */
export const roles: Readonly<Record<string, Role>> = {
  ...{ spare1: 'spare', spare2: 'spare', bob: 'worker', cat: 'worker', dan: 'worker', fay: 'worker' },
  ...{ ann: 'author', eve: 'author', joe: 'attached author' },
};

export const concurrency = 24;

export type Kind = 'once' | 'asked' | 'often';

/** @param attempts How often it may be begun. */
export interface Plan {
  readonly kind: Kind;
  readonly service: 'once' | 'often';
  readonly attempts: number;
  readonly cancelMs: number | undefined;
  readonly isAwaited: boolean;
}

export interface Input {
  readonly key: string;
  readonly workMs: number;
  readonly throws: boolean;
  /** Its handler ends when its signal fires. */
  readonly heeds: boolean;
}

const shares = { cancelled: 0.1, awaited: 0.2, throwing: 0.05, heedless: 0.4, short: 0.85, slow: 0.05 };

const slowMs = [2000, 5000, 15_000];
/** Longer than a lease that was just renewed, by more than a loaded machine is late. */
const baitMs = 15_000;

/** The first ones of each author take longer than a lease: their worker is replaced meanwhile. */
const longMs = 12_000;
const longOnes = 2;

/** Nothing but its worker ends it before its time, and it may be begun again. */
export function isLong(key: string): boolean {
  return Number(key.slice(key.lastIndexOf('/') + 1)) < longOnes;
}

/** Ordered for one worker. Nothing but that ends it before its time, and it may be begun once. */
export function baitKey(author: string, worker: string): string {
  return `${author}/bait/${worker}`;
}

export function isBait(key: string): boolean {
  return key.includes('/bait/');
}

export function planOf(key: string): Plan {
  if (isBait(key))
    return { kind: 'once', service: 'once', attempts: 1, cancelMs: undefined, isAwaited: true };
  const random = new SeededRandom(`plan ${key}`);
  const kind = random.pick<Kind>(isLong(key) ? ['asked', 'often'] : ['once', 'once', 'asked', 'often']);
  return {
    kind,
    service: kind === 'often' ? 'often' : 'once',
    attempts: kind === 'once' ? 1 : 3,
    cancelMs: !isLong(key) && random.chance(shares.cancelled) ? random.integer(0, 60) : undefined,
    isAwaited: random.chance(shares.awaited),
  };
}

export function inputOf(key: string): Input {
  if (isLong(key)) return { key, workMs: longMs, throws: false, heeds: false };
  if (isBait(key)) return { key, workMs: baitMs, throws: false, heeds: false };
  const random = new SeededRandom(`input ${key}`);
  const draw = random.next();
  const workMs =
    draw < shares.short
      ? random.integer(0, 8)
      : draw < 1 - shares.slow
        ? random.integer(10, 400)
        : random.pick(slowMs);
  return { key, workMs, throws: random.chance(shares.throwing), heeds: !random.chance(shares.heedless) };
}
