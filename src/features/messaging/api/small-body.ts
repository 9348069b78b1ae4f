/**
 * Bodies that go in one frame: those of posts and batches, which are given to the system at once.
 *
 * Who calls it: messaging of a node in this process, and of an attached one.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { encodeBody } from '../../../kit/codec.ts';
import { validateNow } from '../../../kit/schema.ts';
import { messagingLimits } from '../core/limits.ts';
import type { Kind } from './kind.ts';

interface Encoded {
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** @throws SkeinError SKEIN_TOO_LARGE, SKEIN_INVALID */
export function encodeSmall(call: string, body: unknown, named: Kind<never> | string): Encoded {
  return encodeValue(call, checkedBody(body, named));
}

/** The body as its schema returns it, for another process to send. @throws SkeinError SKEIN_TOO_LARGE, SKEIN_INVALID */
export function checkSmall(call: string, body: unknown, named: Kind<never> | string): unknown {
  const value = checkedBody(body, named);
  encodeValue(call, value);
  return value;
}

function checkedBody(body: unknown, named: Kind<never> | string): unknown {
  return typeof named === 'string' || named.schema === undefined ? body : validateNow(named, body);
}

function encodeValue(call: string, value: unknown): Encoded {
  const encoded = encodeBody(value);
  if (encoded.bytes.length <= messagingLimits.partBytes) return encoded;
  const text = `${call}: ${encoded.bytes.length} bytes are over ${messagingLimits.partBytes}; use send`;
  throw new SkeinError('SKEIN_TOO_LARGE', text);
}
