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

/** A copy that its owner may change. @throws TypeError that names what is not plain, and where it is. */
export function plainCopy<Value>(value: Value, what: string): Value {
  return copy(value, what, 0, { done: (made) => made, bytes: new CopiedBytes(value) }) as Value;
}

/** A copy that nobody can change, bytes aside. @throws TypeError that names what is not plain, and where it is. */
export function frozenCopy<Value>(value: Value, what: string): Value {
  return copy(value, what, 0, { done: Object.freeze, bytes: new CopiedBytes(value) }) as Value;
}

/** The value itself, frozen down to its leaves: for what an operation has made. @throws TypeError as above. */
export function frozen<Value>(value: Value, what: string): Value {
  freeze(value, what, 0);
  return value;
}

/** How much plain data there is, in bytes: texts and bytes by their length, all else by a guess. */
export function plainBytes(value: unknown): number {
  if (typeof value === 'string') return leafBytes + value.length;
  if (!isNested(value)) return leafBytes;
  if (value instanceof Uint8Array) return leafBytes + value.length;
  let sum = leafBytes;
  for (const field of Array.isArray(value) ? value : Object.values(value)) sum += plainBytes(field);
  return sum;
}

/**
 * Where the bytes of one copy lie: small ones together, since a copy that goes to a thread takes longer for each memory
 * than for all else of a letter. Those of a large one lie apart, so that a small one cannot hold them.
 */
class CopiedBytes {
  private readonly all: unknown;
  private memory: Uint8Array<ArrayBuffer> | undefined;
  private used = 0;

  constructor(all: unknown) {
    this.all = all;
  }

  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length >= apartBytes) return new Uint8Array(bytes);
    this.memory ??= new Uint8Array(smallBytes(this.all, 0));
    const place = this.memory.subarray(this.used, this.used + bytes.length);
    this.used += bytes.length;
    place.set(bytes);
    return place;
  }
}

/** Of all bytes that do not lie apart. Deeper values are refused where they are copied. */
function smallBytes(value: unknown, depth: number): number {
  if (!isNested(value) || depth >= depthMax) return 0;
  if (value instanceof Uint8Array) return value.length < apartBytes ? value.length : 0;
  let sum = 0;
  for (const field of Array.isArray(value) ? value : Object.values(value))
    sum += smallBytes(field, depth + 1);
  return sum;
}

interface Copying {
  readonly done: (made: object) => object;
  readonly bytes: CopiedBytes;
}

function copy(value: unknown, what: string, depth: number, how: Copying): unknown {
  if (!isNested(value)) return checkLeaf(value, what);
  checkDepth(depth, what);
  if (value instanceof Uint8Array) return how.bytes.copyOf(value);
  if (Array.isArray(value))
    return how.done(
      value.map((item, i) => (isLeaf(item) ? item : copy(item, `${what}[${i}]`, depth + 1, how))),
    );
  checkPlainObject(value, what);
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[name];
    const kept = isNested(field)
      ? copy(field, `${what}.${name}`, depth + 1, how)
      : checkLeaf(field, what, name);
    if (name === '__proto__') define(made, name, kept);
    else made[name] = kept;
  }
  return how.done(made);
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
  for (const [name, field] of Object.entries(value)) freeze(field, `${what}.${name}`, depth + 1);
  Object.freeze(value);
}

/** Surely one; what is not may be one as well. */
function isLeaf(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** By assignment it would become the prototype. */
function define(made: object, name: string, value: unknown): void {
  Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
}

/** @param name Of the field of `what` that it is. Default: it is all of it. */
function checkLeaf(value: unknown, what: string, name?: string): unknown {
  if (typeof value !== 'function' && typeof value !== 'symbol') return value;
  throw notPlain(name === undefined ? what : `${what}.${name}`, `a ${typeof value}`);
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
