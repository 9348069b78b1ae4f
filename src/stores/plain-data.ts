/**
 * What a store takes and gives: plain data, copied at its door.
 *
 * Who calls it: stores, for each input and each answer; collections, for each row. Plain are texts, numbers, bigints,
 * booleans, null, undefined, bytes (`Uint8Array`), and lists and objects of them: what every store can keep and no
 * reference leads out of. Invariant: a frozen copy shares no memory with what it was made from.
 */

/** Deeper values are circles or mistakes, and recursion must end before the stack does. */
const depthMax = 64;
const shownMax = 60;
/** Bytes of this length or more have a memory of their own. */
const apartBytes = 16 * 1024;
/** A number, and what any value takes besides its content. */
const leafBytes = 8;
/** Of the memory in which small bytes lie. */
const memoryBytesMin = 1024;
const nothing = new Uint8Array(0);

/** A copy that its owner may change. @throws TypeError that names what is not plain, and where it is. */
export function plainCopy<Value>(value: Value, what: string): Value {
  return copy(value, what, 0, new Copying(false)) as Value;
}

export interface Measured<Value> {
  readonly copy: Value;
  /** How much plain data it is: texts and bytes by their length, all else by a guess. */
  readonly bytes: number;
}

/**
 * A copy, and how much it is.
 * @param isFrozen Nobody can change it, bytes aside. @throws TypeError as above.
 */
export function measuredCopy<Value>(value: Value, what: string, isFrozen: boolean): Measured<Value> {
  const copying = new Copying(isFrozen);
  const made = copy(value, what, 0, copying) as Value;
  return { copy: made, bytes: copying.bytes };
}

/** The value itself, frozen down to its leaves: for what an operation has made. @throws TypeError as above. */
export function frozen<Value>(value: Value, what: string): Value {
  freeze(value, what, 0);
  return value;
}

/**
 * One copy on its way. Small bytes lie together, since a copy that goes to a thread takes longer for each memory than for
 * all else of a letter. Those of a large one lie apart, so that a small one cannot hold them.
 */
class Copying {
  bytes = 0;
  private readonly isFrozen: boolean;
  private memory = nothing;
  private used = 0;

  constructor(isFrozen: boolean) {
    this.isFrozen = isFrozen;
  }

  done(made: object): object {
    return this.isFrozen ? Object.freeze(made) : made;
  }

  copyOf(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    this.bytes += length;
    if (length >= apartBytes) return new Uint8Array(bytes);
    if (this.used + length > this.memory.length) {
      // Most copies have few bytes, and few have many.
      this.memory = new Uint8Array(Math.max(length, 2 * this.memory.length, memoryBytesMin));
      this.used = 0;
    }
    const place = this.memory.subarray(this.used, this.used + length);
    this.used += length;
    place.set(bytes);
    return place;
  }
}

function copy(value: unknown, what: string, depth: number, how: Copying): unknown {
  how.bytes += leafBytes;
  if (typeof value === 'string') how.bytes += value.length;
  if (!isNested(value)) return checkLeaf(value, what);
  checkDepth(depth, what);
  if (value instanceof Uint8Array) return how.copyOf(value);
  if (Array.isArray(value)) return how.done(copyList(value, what, depth, how));
  checkPlainObject(value, what);
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[name];
    const kept = isLeaf(field) ? leaf(field, how) : copy(field, `${what}.${name}`, depth + 1, how);
    if (name === '__proto__') define(made, name, kept);
    else made[name] = kept;
  }
  return how.done(made);
}

function copyList(list: readonly unknown[], what: string, depth: number, how: Copying): unknown[] {
  return list.map((item, i) =>
    isLeaf(item) ? leaf(item, how) : copy(item, `${what}[${i}]`, depth + 1, how),
  );
}

function leaf(value: string | number, how: Copying): string | number {
  how.bytes += typeof value === 'string' ? leafBytes + value.length : leafBytes;
  return value;
}

function freeze(value: unknown, what: string, depth: number): void {
  if (!isNested(value)) {
    checkLeaf(value, what);
    return;
  }
  checkDepth(depth, what);
  // Memory of bytes cannot be frozen: an operation puts new bytes in the place of old ones.
  if (value instanceof Uint8Array) return;
  if (!Array.isArray(value)) checkPlainObject(value, what);
  for (const name of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[name];
    // Most fields are: the path to them need not be put together.
    if (!isLeaf(field) && field !== undefined && field !== null) freeze(field, `${what}.${name}`, depth + 1);
  }
  Object.freeze(value);
}

/** Surely one; what is not may be one as well. */
function isLeaf(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** By assignment it would become the prototype. */
function define(made: object, name: string, value: unknown): void {
  Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
}

function checkLeaf(value: unknown, what: string): unknown {
  if (typeof value !== 'function' && typeof value !== 'symbol') return value;
  throw notPlain(what, `a ${typeof value}`);
}

function checkDepth(depth: number, what: string): void {
  if (depth < depthMax) return;
  const where = what.length > shownMax ? `${what.slice(0, shownMax)}...` : what;
  throw notPlain(where, `nested deeper than ${depthMax} levels, or a circle`);
}

function checkPlainObject(value: object, what: string): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  throw notPlain(what, `a ${value.constructor?.name ?? 'nameless class'}`);
}

function notPlain(what: string, found: string): TypeError {
  return new TypeError(
    `${what} is ${found}: a store takes plain data (objects, lists, texts, numbers, bigints, booleans, bytes)`,
  );
}
