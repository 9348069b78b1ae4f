/**
 * The home of a swarm: the one store in which it is kept, and which of two homes counts.
 *
 * Every node that has heard of it remembers it, also where that store is not. Invariant: of any two homes one outranks the
 * other, and everybody who knows both says the same.
 */

export interface Home {
  /** Id of the store, 32 hexadecimal digits. */
  readonly store: string;
  /** Raised by one whenever a store is adopted in place of the one before. */
  readonly generation: number;
  /** When the store became the home: Unix milliseconds, by the clock of the node that has made it so. */
  readonly since: number;
  /** What people call the machine. */
  readonly host: string;
}

const homeIdPattern = /^[0-9a-f]{32}$/;
/** A member that lies cannot name one that nobody can adopt above. */
export const generationMax = 2 ** 40;
export const hostBytesMax = 256;
/** Of UTF-16: none has more bytes than it may. */
export const hostLengthMax = 64;

/** What was adopted later; of two that know nothing of each other the older one, which has more in it. */
export function outranksHome(one: Home, other: Home): boolean {
  if (one.generation !== other.generation) return one.generation > other.generation;
  if (one.since !== other.since) return one.since < other.since;
  return one.store < other.store;
}

/** What a store has noted; undefined: it is none. */
export function homeOfNote(note: unknown): Home | undefined {
  if (typeof note !== 'object' || note === null) return undefined;
  const { store, generation, since, host } = note as Partial<Record<keyof Home, unknown>>;
  if (typeof store !== 'string' || !homeIdPattern.test(store) || typeof host !== 'string') return undefined;
  if (!isCount(generation, generationMax) || !isCount(since, Number.MAX_SAFE_INTEGER)) return undefined;
  return { store, generation, since, host };
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
