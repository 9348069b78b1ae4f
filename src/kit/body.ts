/**
 * How a message's body travels in JSON: as itself where JSON can say it, else as a tagged leaf.
 *
 * Bytes become `{"$bytes":"BASE64"}`, anything else that JSON lacks (Date, Map, Set, bigint, undefined,
 * NaN, typed arrays) `{"$cbor":"BASE64"}`, at any depth. Called by the operations that carry bodies and by
 * the client of the control socket. Invariant: `bodyFromJson(bodyToJson(x))` is what the mesh would have
 * made of x; an object that only looks like a tag is escaped by one more `$`.
 */

import { SkeinError } from '../kernel/errors.ts';
import { bodyDepthMax, decodeBody, encodeBody, envelopeDepthMax } from './codec.ts';

const tagPattern = /^\$+(bytes|cbor)$/;

export function bodyToJson(body: unknown, depth = 0): unknown {
  if (depth > envelopeDepthMax)
    throw new TypeError(`this body nests more than ${envelopeDepthMax} levels deep`);
  if (isJsonLeaf(body)) return body;
  if (body instanceof Uint8Array) return { $bytes: toBase64(body) };
  if (Array.isArray(body)) return body.map((item) => bodyToJson(item, depth + 1));
  if (!isPlainObject(body)) return { $cbor: toBase64(encodeBody(body).bytes) };
  const entries = Object.entries(body).map(([key, value]) => [key, bodyToJson(value, depth + 1)] as const);
  const only = entries.length === 1 ? entries[0] : undefined;
  if (only !== undefined && tagPattern.test(only[0])) return { [`$${only[0]}`]: only[1] };
  return Object.fromEntries(entries);
}

/** @throws SkeinError SKEIN_INVALID when a tag does not hold what it says. */
export function bodyFromJson(json: unknown, depth = 0): unknown {
  if (depth > bodyDepthMax)
    throw new SkeinError('SKEIN_INVALID', `body: nests more than ${bodyDepthMax} levels deep`);
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item) => bodyFromJson(item, depth + 1));
  const keys = Object.keys(json);
  const key = keys[0];
  if (keys.length === 1 && key !== undefined && tagPattern.test(key)) {
    const value = (json as Record<string, unknown>)[key];
    return key.startsWith('$$') ? { [key.slice(1)]: bodyFromJson(value, depth + 1) } : decodeTag(key, value);
  }
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, bodyFromJson(value, depth + 1)]),
  );
}

function decodeTag(tag: string, value: unknown): unknown {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw new SkeinError('SKEIN_INVALID', `body: {"${tag}": ...} holds base64 text`);
  }
  const bytes = new Uint8Array(Buffer.from(value, 'base64'));
  if (tag === '$bytes') return bytes;
  try {
    return decodeBody(1, bytes);
  } catch (cause) {
    throw new SkeinError('SKEIN_INVALID', `body: ${(cause as Error).message}`, { cause });
  }
}

function isJsonLeaf(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  return typeof value === 'number' && Number.isFinite(value);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value);
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
