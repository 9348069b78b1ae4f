/**
 * The body of the letter by which an author hears how its task has ended: `{ task, service, state, result?, error? }`.
 *
 * One CBOR item (RFC 8949), as bodies of programs are: a result that is one already is put into it as it is. The codec of
 * the kit would have to decode each result, of 1 MiB at most, to encode it again. Invariant: the same end has the same bytes
 * at every broker.
 */
import { Writer } from '../../../../kernel/wire/bytes.ts';
import type { Encoded, OwedLetter } from '../tasks-types.ts';

/** How a body says that it is CBOR; otherwise it is bytes. */
const cborEncoding = 1;
const major = { bytes: 2, text: 3, array: 4, map: 5 } as const;
const utf8 = new TextEncoder();

/**
 * @param results Of one that is done: its result, or those of its parts. Undefined: they are left out.
 * @param error Why there is no result; empty: nothing is said.
 */
export function endLetterBody(
  { id, service, state }: OwedLetter,
  results: readonly Encoded[] | undefined,
  error: string,
): Encoded {
  const count = 3 + (results === undefined ? 0 : 1) + (error === '' ? 0 : 1);
  const writer = new Writer(256 + (results ?? []).reduce((sum, { body }) => sum + body.length + 8, 0));
  head(writer, major.map, count);
  text(writer, 'task', id);
  text(writer, 'service', service);
  text(writer, 'state', state);
  if (results !== undefined) {
    key(writer, 'result');
    if (service === '') head(writer, major.array, results.length);
    for (const result of results) value(writer, result);
  }
  if (error !== '') text(writer, 'error', error);
  return { encoding: cborEncoding, body: writer.finish() };
}

function value(writer: Writer, { encoding, body }: Encoded): void {
  if (encoding !== cborEncoding) head(writer, major.bytes, body.length);
  writer.raw(body);
}

function text(writer: Writer, name: string, said: string): void {
  key(writer, name);
  key(writer, said);
}

function key(writer: Writer, name: string): void {
  const bytes = utf8.encode(name);
  head(writer, major.text, bytes.length);
  writer.raw(bytes);
}

/** The shortest form: lengths here are below 2^32. */
function head(writer: Writer, type: number, length: number): void {
  const first = type << 5;
  if (length < 24) writer.u8(first | length);
  else if (length < 0x100) writer.u8(first | 24).u8(length);
  else if (length < 0x10000) writer.u8(first | 25).u16(length);
  else writer.u8(first | 26).u32(length);
}
