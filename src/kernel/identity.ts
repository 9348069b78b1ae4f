/**
 * Names and ids: a node's id is the first 48 bits of SHA-256 of its name, one safe integer.
 *
 * Who calls it: everything that turns a name into a key. Invariant: an id is never `^`-ed or shifted
 * whole, since JavaScript's bitwise operators cut to 32 bits; halves of 24 bits are compared instead.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hexOf } from './wire/bytes.ts';

/** 48-bit unsigned integer, safe in a double. Names, services and keys share this space. */
export type NodeId = number;

/**
 * 64 bits in 16 hexadecimal digits, new at each start: it tells two lives apart. Where records are signed it is
 * the hash of the life's public key, so that nobody else can make a record that names it.
 */
export type Instance = string;

const encoder = new TextEncoder();
const namePattern = /^[A-Za-z0-9._-]{1,64}$/;
const idsByText = new Map<string, NodeId>();
/** Keys whose hash is known: a life announces itself again and again under the same one. */
const keysByInstance = new Map<Instance, Uint8Array>();
const idsRemembered = 4096;
const instanceBytes = 8;

/** What is wrong with a name, or undefined when it is good. */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return `a name is text, not ${typeof name}`;
  if (name.length === 0) return 'a name has at least one character';
  if (!namePattern.test(name))
    return `a name has 1 to 64 of A-Z a-z 0-9 . _ - and ${JSON.stringify(name.slice(0, 80))} does not fit`;
  if (name === '.' || name === '..') return `"${name}" is not a name`;
  return undefined;
}

/** Returns the name if it is valid; `what` names it in the error. @throws TypeError when the name is not 1 to 64 of `[A-Za-z0-9._-]`. */
export function checkName(name: string, what = 'name'): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new TypeError(`${what}: ${problem}`);
  return name;
}

/** First 48 bits of SHA-256 of the text, big-endian. */
export function idOf(text: string): NodeId {
  const known = idsByText.get(text);
  if (known !== undefined) return known;
  const hash = sha256(encoder.encode(text));
  let id = 0;
  for (let i = 0; i < 6; i++) id = id * 256 + (hash[i] as number);
  if (idsByText.size >= idsRemembered) idsByText.clear();
  idsByText.set(text, id);
  return id;
}

/** First 128 bits of SHA-256 of these bytes: 32 hexadecimal digits. */
export function digestOf(bytes: Uint8Array): string {
  return hexOf(sha256(bytes).subarray(0, 16));
}

/** First 64 bits of SHA-256 of a life's public key. */
export function instanceOf(publicKey: Uint8Array): Instance {
  return hexOf(sha256(publicKey).subarray(0, instanceBytes));
}

/** Whether a life of this instance has this public key. */
export function isInstanceOf(instance: Instance, publicKey: Uint8Array): boolean {
  const known = keysByInstance.get(instance);
  if (known !== undefined && isEqual(known, publicKey)) return true;
  if (instanceOf(publicKey) !== instance) return false;
  if (keysByInstance.size >= idsRemembered) keysByInstance.clear();
  keysByInstance.set(instance, publicKey.slice());
  return true;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** First 32 bits of SHA-256 of a feature's name: its number in every frame. */
export function featureNumber(name: string): number {
  return Math.floor(idOf(name) / 0x10000);
}

export function isId(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 48;
}

/** Twelve hexadecimal digits. */
export function formatId(id: NodeId): string {
  return id.toString(16).padStart(12, '0');
}

/** Negative when `a` is closer to `key` than `b` is, by XOR distance (Kademlia, Maymounkov 2002). */
export function compareDistance(key: NodeId, a: NodeId, b: NodeId): number {
  const high = (high24(a) ^ high24(key)) - (high24(b) ^ high24(key));
  return high !== 0 ? high : (low24(a) ^ low24(key)) - (low24(b) ^ low24(key));
}

function high24(id: NodeId): number {
  return Math.floor(id / 0x1000000);
}

function low24(id: NodeId): number {
  return id % 0x1000000;
}
