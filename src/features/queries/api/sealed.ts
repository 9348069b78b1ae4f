/** Inputs and answers of queries as bytes, within their limits. */
import { SkeinError } from '../../../kernel/errors.ts';
import { decodeBody, encodeBody } from '../../../kit/codec.ts';

/** A value on its way. */
export interface Sealed {
  readonly encoding: number;
  readonly body: Uint8Array;
}

/** @throws SkeinError SKEIN_TOO_LARGE; TypeError for what no message can hold. */
export function sealed(value: unknown, bytesMax: number, what: string): Sealed {
  const { encoding, bytes } = encodeBody(value ?? null);
  if (bytes.length <= bytesMax) return { encoding, body: bytes };
  const text = `${what} of ${bytes.length} bytes is over the limit of ${bytesMax}`;
  throw new SkeinError('SKEIN_TOO_LARGE', text);
}

/** @throws Error for what is none: another node has made it. */
export function unsealed(value: unknown, bytesMax: number): unknown {
  const { encoding, body } = (value ?? {}) as Record<string, unknown>;
  if (!(body instanceof Uint8Array) || (encoding !== 0 && encoding !== 1)) throw new TypeError('no body');
  if (body.length > bytesMax) throw new TypeError(`${body.length} bytes are over the limit of ${bytesMax}`);
  return decodeBody(encoding, body);
}

export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
