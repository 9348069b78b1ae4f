/**
 * What neighbors say to each other about who is denied, byte for byte: message 1 on a link.
 *
 * ```
 * list    varint count, that many denials
 * denial  text name, u8 flags (1 denied, 2 an identity follows), 16 bytes identity, varint version, varint since, text by
 * ```
 * Invariant: what is read is whole and within its limits, or undefined.
 */
import { hexOf, Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { type Denial, denialOf } from './denial.ts';
import { denialLimits } from './limits.ts';

export const DenialType = { list: 1 } as const;

const Flag = { denied: 1, identity: 2 } as const;
const identityBytes = 16;
const nameBytesMax = 64;
const countMax = denialLimits.denialsMax + denialLimits.denialsTakenBackMax;

export function encodeDenials(denials: readonly Denial[]): Uint8Array {
  const writer = new Writer(16 + 64 * denials.length).varint(denials.length);
  for (const { name, identity, version, isDenied, since, by } of denials) {
    writer.text(name).u8((isDenied ? Flag.denied : 0) | (identity === '' ? 0 : Flag.identity));
    for (let i = 0; i < identity.length; i += 2) writer.u8(Number.parseInt(identity.slice(i, i + 2), 16));
    writer.varint(version).varint(since).text(by);
  }
  return writer.finish();
}

export function decodeDenials(bytes: Uint8Array): readonly Denial[] | undefined {
  const reader = new Reader(bytes);
  const denials: Denial[] = [];
  for (let left = reader.varint(countMax); left > 0 && !reader.failed; left--) {
    const denial = read(reader);
    if (denial === undefined) return undefined;
    denials.push(denial);
  }
  return reader.complete ? denials : undefined;
}

function read(reader: Reader): Denial | undefined {
  const name = reader.text(nameBytesMax);
  const flags = reader.u8();
  const identity = (flags & Flag.identity) === 0 ? '' : hexOf(reader.raw(identityBytes));
  const version = reader.varint();
  const since = reader.varint();
  const by = reader.text(denialLimits.denialByBytesMax);
  if (reader.failed || flags > (Flag.denied | Flag.identity)) return undefined;
  return denialOf({ name, identity, version, isDenied: (flags & Flag.denied) !== 0, since, by });
}
