/**
 * How a body becomes bytes and back: bytes pass as they are, any other value is one self-contained CBOR item
 * (RFC 8949). Called by every facade that sends or receives a body.
 * Invariant: what `encodeBody` accepts every node can decode, and a body from the wire reaches the decoder
 * only after `refusalOf` has walked it once: cbor-x alone can be made to work for minutes, or to recurse.
 *
 * Why CBOR: cbor-x and msgpackr are equally fast here, but CBOR keeps Map, Set, Date, bigint and typed
 * arrays by standard tags that other languages read. The build without eval and native code is used,
 * because it reads bytes from strangers.
 */

import { Encoder } from 'cbor-x/index-no-eval';
import { textOfThrown } from '../kernel/thrown.ts';

/** 0: the body is bytes; 1: the body is one CBOR item. */
export type BodyEncoding = 0 | 1;

/** The bytes that came cannot be a body. Sending the same bytes again cannot help. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly code = 'SKEIN_INVALID';
  readonly retryable = false;
}

const accepted =
  'a body is bytes or what CBOR can say: null, undefined, booleans, numbers, bigints, strings, dates, ' +
  'typed arrays, and arrays, maps, sets and plain objects of these';

/** Of a body of a program. Deeper nesting is a cycle or an attack; the decoder recurses, and its stack is ours. */
export const bodyDepthMax = 500;

/**
 * What carries bodies nests them deeper, and is read like them: a letter that holds the results of parts by 2 levels, a
 * message of a session that orders tasks with parts by 7.
 */
export const envelopeDepthMax = bodyDepthMax + 20;

/** cbor-x decodes a bigint in quadratic time: 256 KiB of digits stopped the event loop for 47 s. */
const bigintBytesMax = 1024;

const codec = new Encoder({
  // Records would make a body depend on the bodies before it.
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  // Decoded bytes must not keep a whole receive buffer alive, nor change with it.
  copyBuffers: true,
  useToJSON: true,
});

/**
 * Encodes one body.
 *
 * Instances of a class travel as an array if they are iterable, else as their `toJSON()`, else as their own
 * enumerable properties; an `ArrayBuffer` as bytes; `-0` as `0`; a lone surrogate as U+FFFD; a key `__proto__`
 * as `__proto_`; dates after the year 100,000 rounded to 2 ms.
 * Bytes are not copied: they must not change until the message is settled.
 *
 * @throws TypeError for functions, symbols, errors, regular expressions, cycles, nesting beyond 500 levels
 *   (it names the depth) and bigints beyond 1 KiB, at any depth.
 */
export function encodeBody(body: unknown): { encoding: BodyEncoding; bytes: Uint8Array } {
  if (body instanceof Uint8Array) return { encoding: 0, bytes: plain(body) };
  return { encoding: 1, bytes: encodeItem(body, bodyDepthMax) };
}

/** The same of what skein puts around bodies: as one CBOR item, by `envelopeDepthMax`. @throws TypeError */
export function encodeEnvelope(envelope: unknown): Uint8Array {
  return encodeItem(envelope, envelopeDepthMax);
}

/**
 * Decodes one body. With encoding 0 the result is a view of `bytes`; everything else is a copy.
 *
 * @throws BodyError when the bytes are not a body that `encodeBody` could have made.
 */
export function decodeBody(encoding: number, bytes: Uint8Array): unknown {
  const own = plain(bytes);
  if (encoding === 0) return own;
  if (encoding !== 1) throw new BodyError(`unknown body encoding ${encoding}`);
  const refusal = refusalOf(own, envelopeDepthMax);
  if (refusal !== undefined) throw new BodyError(`not a body: ${refusal}`);
  try {
    return codec.decode(own);
  } catch (cause) {
    throw new BodyError(`not a body: ${messageOf(cause)}`, { cause });
  }
}

function encodeItem(value: unknown, depthMax: number): Uint8Array {
  const bytes = plain(encodeValue(value, depthMax));
  const refusal = refusalOf(bytes, depthMax);
  if (refusal === undefined) return bytes;
  const depth = depthOf(bytes);
  const why = depth > depthMax ? `it nests ${depth} levels deep, and ${depthMax} are accepted` : refusal;
  throw new TypeError(`this body cannot be sent (${why}): ${accepted}`);
}

/** Of what was encoded here. */
function depthOf(bytes: Uint8Array): number {
  const shared = itemsLeft;
  itemsLeft = new Float64Array(bytes.length);
  refusalOf(bytes, bytes.length);
  itemsLeft = shared;
  return deepest;
}

function encodeValue(body: unknown, depthMax: number): Uint8Array {
  try {
    return codec.encode(body);
  } catch (cause) {
    const isTooDeep = cause instanceof RangeError;
    const reason = isTooDeep ? `it has a cycle, or far more than ${depthMax} levels` : messageOf(cause);
    throw new TypeError(`this body cannot be sent (${reason}): ${accepted}`, { cause });
  }
}

/** A Buffer's `slice` is a view where a Uint8Array's is a copy: only the latter leaves or enters here. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function messageOf(cause: unknown): string {
  return textOfThrown(cause);
}

// CBOR major types as bits of a set (RFC 8949, section 3.1).
const unsigned = 1 << 0;
const negative = 1 << 1;
const byteString = 1 << 2;
const array = 1 << 4;
const map = 1 << 5;
const simple = 1 << 7;
const anything = 0xff;

/** The tags in use, and what may stand behind each. All others do things that no body needs. */
const contentOfTag = new Map<number, number>([
  [1, unsigned | negative | simple], // Date
  [2, byteString], // bigint
  [3, byteString], // negative bigint
  [258, array], // Set
  [259, map], // Map
]);
// Typed arrays (RFC 8746); 76 is reserved.
for (let tag = 64; tag <= 87; tag++) if (tag !== 76) contentOfTag.set(tag, byteString);

const endsTooEarly = 'it ends too early';
const unknownHead = 'it holds a head that is not CBOR, or not of the accepted types';
const breakHead = 0xff;

/** Items still to come in each open array or map. The walk is synchronous, so one stack serves all calls. */
let itemsLeft = new Float64Array(envelopeDepthMax);
/** The most of them that were open in the last walk. */
let deepest = 0;
/** Where the walk stands in its bytes; outside `refusalOf` it means nothing. */
let position = 0;

/**
 * Says why these bytes are not one well-formed CBOR item of the accepted types; undefined if they are.
 * It does not recurse and allocates nothing, whatever a stranger sent.
 */
function refusalOf(bytes: Uint8Array, depthMax: number): string | undefined {
  let depth = 0;
  deepest = 0;
  let allowed = anything;
  let lengthMax = Number.POSITIVE_INFINITY;
  position = 0;

  for (;;) {
    if (position >= bytes.length) return endsTooEarly;
    const head = bytes[position++] as number;
    if (head === breakHead) {
      const closes = depth > 0 && allowed === anything && itemsLeft[depth - 1] === Number.POSITIVE_INFINITY;
      if (!closes) return unknownHead;
      depth = depthAfterItem(depth - 1);
    } else {
      const major = head >> 5;
      if ((allowed & (1 << major)) === 0) return 'a tag stands before the wrong type';
      const argument = readArgument(bytes, head);
      if (argument < 0) return unknownHead;
      if (position > bytes.length) return endsTooEarly;

      if (major === 6) {
        const content = contentOfTag.get(argument);
        if (content === undefined) return `tag ${argument} is not accepted`;
        allowed = content;
        if (argument === 2 || argument === 3) lengthMax = bigintBytesMax;
        continue;
      }
      if (argument > lengthMax) return `a bigint of more than ${bigintBytesMax} bytes`;
      allowed = anything;
      lengthMax = Number.POSITIVE_INFINITY;

      if (major === 2 || major === 3) {
        position += argument;
        if (position > bytes.length) return endsTooEarly;
      } else if ((major === 4 || major === 5) && argument > 0) {
        if (depth === depthMax) return `it nests more than ${depthMax} levels deep`;
        itemsLeft[depth++] = major === 5 ? argument * 2 : argument;
        if (depth > deepest) deepest = depth;
        continue;
      }
      depth = depthAfterItem(depth);
    }
    if (depth === 0) return position === bytes.length ? undefined : 'bytes follow its end';
  }
}

/**
 * Reads the number that belongs to a head (RFC 8949, section 3): a value, a length, a count or a tag.
 * Infinity is an array of unstated length; -1 a head that the encoder never writes.
 */
function readArgument(bytes: Uint8Array, head: number): number {
  const major = head >> 5;
  const low = head & 0x1f;
  if (major === 7) {
    if (low >= 20 && low <= 23) return low;
    if (low < 25 || low > 27) return -1;
  }
  if (low < 24) return low;
  if (low === 31 && major === 4) return Number.POSITIVE_INFINITY;
  // Nothing is longer than 32 bits can say; only numbers have eight bytes.
  if (low > 27 || (low === 27 && major > 1 && major < 7)) return -1;
  let argument = 0;
  for (let left = 1 << (low - 24); left > 0; left--) argument = argument * 256 + (bytes[position++] ?? 0);
  return argument;
}

/** An item is complete, and with it every array or map that it was the last of. */
function depthAfterItem(depth: number): number {
  let open = depth;
  while (open > 0) {
    const left = (itemsLeft[open - 1] as number) - 1;
    itemsLeft[open - 1] = left;
    if (left > 0) break;
    open--;
  }
  return open;
}
