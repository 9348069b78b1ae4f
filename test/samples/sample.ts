/**
 * What a list of wire samples is made of: for each message type of a feature at least one message with fixed
 * fields. The golden bytes and the fuzz tests both start from these lists. Invariant: equal code gives equal
 * bytes, and no sample draws chance or reads a clock.
 */
import { encodeFrame, Frame, RouteKind } from '../../src/kernel/wire/frame.ts';

/** Names and their numbers on the wire. */
export type NumberTable = Readonly<Record<string, number>>;

export interface WireSample {
  /** A name in the feature's table of types, or of bytes that carry no type. */
  readonly type: string;
  /** What tells it from other samples of its type. */
  readonly detail: string;
  readonly fields: unknown;
  readonly bytes: Uint8Array;
  /** The fields, or undefined (or a text) where the bytes are no such message. */
  readonly decode: (bytes: Uint8Array) => unknown;
}

export interface WireSamples {
  readonly name: string;
  /** Its number in every frame; undefined where the bytes are not those of a feature. */
  readonly number: number | undefined;
  /** Each of these has a sample. */
  readonly types: NumberTable;
  /** Other numbers that stand in its messages: statuses, reasons, flags. */
  readonly values: Readonly<Record<string, NumberTable>>;
  readonly samples: readonly WireSample[];
}

export interface Codec<Fields> {
  readonly encode: (fields: Fields) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** @param name The type, with a detail in brackets where it has several samples: `data (with text)`. */
export function sample<Fields>(name: string, codec: Codec<Fields>, fields: Fields): WireSample {
  const [, type = name, detail = ''] = /^(\S+) \((.+)\)$/.exec(name) ?? [];
  return { type, detail, fields, bytes: codec.encode(fields), decode: codec.decode };
}

/** A list whose places are the numbers on the wire, as a table. */
export function byPlace(names: readonly string[]): NumberTable {
  return Object.fromEntries(names.map((name, place) => [name, place]));
}

/** The payload in a frame of this type, as a cursor of the feature reads it. */
export function framed(type: number, payload: Uint8Array): Frame {
  const header = { feature: 1, destination: 2, source: 3, sequence: 4, flags: 0, ttl: 5 };
  const bytes = encodeFrame({ kind: RouteKind.node, type, ...header }, payload);
  const frame = new Frame();
  if (!frame.read(bytes, 0, bytes.length)) throw new Error('a frame that was just made cannot be read');
  return frame;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
