/**
 * What a node announces of the swarm, byte for byte.
 *
 * ```
 * u8 flags   1 it has a store, 2 that store is the home, 4 a home follows, 8 a keeper follows, 16 nobody keeps the swarm,
 *            32 epoch and turn follow
 * home       16 bytes id, varint generation, varint since, text host
 * keeper     text: by the broker, who keeps the swarm
 * epoch      varint: of the broker for which this node keeps the swarm
 * turn       varint: another one each time it begins to
 * ```
 * Invariant: what is read is whole and within its limits, or undefined. Bytes that follow are of a later version.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { hexOf, Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { generationMax, type Home, hostBytesMax } from './home.ts';

export interface Section {
  /** The node has a store, which may be empty. */
  readonly canKeep: boolean;
  /** Its store is `home`. */
  readonly hasHome: boolean;
  readonly home: Home | undefined;
  /** Name of the node that keeps the swarm, as its broker says. */
  readonly keeper: string | undefined;
  /** The broker says that nobody here can. */
  readonly isNobody: boolean;
  /** The node keeps the swarm, as the broker of this epoch says; 0: it does not. */
  readonly keepsFor: number;
  /**
   * Another one each time the node begins to keep the swarm, so that members who have missed that it did not for a moment
   * say again what it has forgotten; 0: it does not keep it.
   */
  readonly turn: number;
}

const Flag = { canKeep: 1, hasHome: 2, home: 4, keeper: 8, nobody: 16, keeps: 32 } as const;
const idBytes = 16;

export function encodeSection(section: Section): Uint8Array {
  const { canKeep, hasHome, home, keeper, isNobody, keepsFor, turn } = section;
  const flags =
    (canKeep ? Flag.canKeep : 0) |
    (hasHome ? Flag.hasHome : 0) |
    (home === undefined ? 0 : Flag.home) |
    (keeper === undefined ? 0 : Flag.keeper) |
    (isNobody ? Flag.nobody : 0) |
    (keepsFor === 0 ? 0 : Flag.keeps);
  const writer = new Writer(64).u8(flags);
  if (home !== undefined) {
    writer.hex(home.store);
    writer.varint(home.generation).varint(home.since).text(home.host);
  }
  if (keeper !== undefined) writer.text(keeper);
  if (keepsFor > 0) writer.varint(keepsFor).varint(turn);
  return writer.finish();
}

export function decodeSection(bytes: Uint8Array): Section | undefined {
  const reader = new Reader(bytes);
  const flags = reader.u8();
  const home = (flags & Flag.home) === 0 ? undefined : readHome(reader);
  const keeper = (flags & Flag.keeper) === 0 ? undefined : reader.text(limits.serviceBytesMax);
  const [keepsFor, turn] = (flags & Flag.keeps) === 0 ? [0, 0] : [reader.varint(), reader.varint()];
  if (reader.failed || isUnfit(keeper, home?.host)) return undefined;
  return {
    canKeep: (flags & Flag.canKeep) !== 0,
    hasHome: (flags & Flag.hasHome) !== 0 && home !== undefined,
    home,
    keeper,
    isNobody: (flags & Flag.nobody) !== 0,
    keepsFor,
    turn,
  };
}

/** Both are printed: a member that lies must not steer a terminal. */
function isUnfit(keeper: string | undefined, host: string | undefined): boolean {
  return (keeper !== undefined && nameProblem(keeper) !== undefined) || /\p{Cc}/u.test(host ?? '');
}

function readHome(reader: Reader): Home {
  const store = hexOf(reader.raw(idBytes));
  const generation = reader.varint(generationMax);
  const since = reader.varint();
  return { store, generation, since, host: reader.text(hostBytesMax) };
}
