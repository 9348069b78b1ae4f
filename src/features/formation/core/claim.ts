/**
 * A claim: what a broker announces of itself, and which of two brokers is the one to follow.
 *
 * Who calls it: the election, and whoever reads announcements. Invariant: of any two claims one outranks the
 * other, and everybody who has both says the same; brokers of one list that hold different addresses never have
 * the same epoch, since an epoch tells whose address it is.
 */
import type { Random } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { formationLimits } from './limits.ts';

export interface Claim {
  readonly epoch: number;
  /** The address that is bound, `host:port`. */
  readonly address: string;
  /** Unix milliseconds, by the broker's clock. */
  readonly since: number;
}

/** A claim and who announces it. */
export interface Held extends Claim {
  readonly node: NodeId;
  readonly name: string;
}

export function encodeClaim({ epoch, address, since }: Claim): Uint8Array {
  return new Writer(64).varint(epoch).varint(since).text(address).finish();
}

/** Undefined where the bytes are none: a later version may say it otherwise. */
export function decodeClaim(bytes: Uint8Array): Claim | undefined {
  const reader = new Reader(bytes);
  const epoch = reader.varint(formationLimits.epochMax);
  const since = reader.varint();
  const address = reader.text(formationLimits.formationAddressLength);
  return reader.failed ? undefined : { epoch, address, since };
}

/** The higher epoch; were two alike, the higher id. */
export function outranks(one: Held, other: Held): boolean {
  return one.epoch === other.epoch ? one.node > other.node : one.epoch > other.epoch;
}

/** Of an epoch; what is above it counts seconds. */
const lowMax = 2 ** 20;

/**
 * The epoch of a new broker. Its high part is above all that were seen, and not below the wall clock in seconds, which
 * is what remembers when nobody is left who has seen any. Its low part is random, but for its remainder, which tells
 * the address: two of one address that know nothing of each other differ as well, whatever their clocks.
 *
 * @param addresses The formation's, whatever their order; `address` is the one that was bound.
 */
export function nextEpoch(
  seen: number,
  wallNow: number,
  { address, addresses }: { readonly address: string; readonly addresses: readonly string[] },
  random: Random,
): number {
  const place = [...addresses].sort().indexOf(address);
  const high = Math.max(Math.floor(seen / lowMax) + 1, Math.floor(wallNow / 1000));
  const rounds = Math.floor(lowMax / addresses.length);
  return high * lowMax + Math.floor(random.next() * rounds) * addresses.length + place;
}
