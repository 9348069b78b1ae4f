/**
 * What messages about tasks have in common: names, words, texts, requirements and places, byte for byte.
 *
 * Used by wire-member.ts and wire-broker.ts. Invariant: a value is written in one way only, and what is read is within
 * its limits, so that equal messages are equal bytes, and nothing that is read can steer a terminal.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { hexOf, Reader, type Writer } from '../../../kernel/wire/bytes.ts';
import { taskLimits } from './limits.ts';
import type { Attempt } from './messages.ts';
import type { Capacity, Requirements, Units } from './requirements.ts';
import type { Encoded, Priority, TaskId } from './tasks-types.ts';

const encoder = new TextEncoder();
const idBytes = 16;
const maxTasks = taskLimits.tasksInHandMax;
/** Of a share: 0 is none, one more than this is all of it. */
const shareUnits = 10_000;
const controls = /\p{Cc}/u;

/** A number is as short as it can be: else one message would have several encodings. */
export class TaskReader extends Reader {
  override varint(max?: number): number {
    const start = this.position;
    const value = super.varint(max);
    const length = this.position - start;
    if (length > 1 && value < 128 ** (length - 1)) {
      this.fail();
      return 0;
    }
    return value;
  }
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

/** As far as it fits, without control characters: it is written by a handler, and printed elsewhere. */
export function plainText(text: string, bytesMax: number): string {
  const plain = controls.test(text) ? text.replace(/\p{Cc}/gu, ' ') : text;
  // A character of UTF-16 has at most 3 bytes of UTF-8.
  if (plain.length * 3 <= bytesMax) return plain;
  const { read } = encoder.encodeInto(plain, new Uint8Array(bytesMax));
  return plain.slice(0, read);
}

export function writeReason(writer: Writer, reason: string): void {
  writer.text(plainText(reason, taskLimits.taskReasonBytesMax));
}

export function writeNote(writer: Writer, note: string): void {
  writer.text(plainText(note, taskLimits.taskNoteBytesMax));
}

export function writeShare(writer: Writer, share: number): void {
  writer.varint(share >= 0 ? 1 + Math.round(Math.min(share, 1) * shareUnits) : 0);
}

export function writeList<Item>(writer: Writer, items: readonly Item[], write: (item: Item) => void): void {
  writer.varint(items.length);
  for (const item of items) write(item);
}

export function writeIds(writer: Writer, ids: readonly TaskId[]): void {
  writeList(writer, ids, (id) => writer.hex(id));
}

export function writeAttempt(writer: Writer, { n, fence }: Attempt): void {
  writer.varint(n).varint(fence);
}

export function writeEncoded(writer: Writer, { encoding, body }: Encoded): void {
  writer.u8(encoding).bytes(body);
}

export function writeCapacity(writer: Writer, { cores, memory, software, resources }: Capacity): void {
  writer.varint(cores).varint(memory);
  writeList(writer, software, (word) => writer.text(word));
  writeList(writer, resources, ([kind, count]) => writer.text(kind).varint(count));
}

export function writeRequirements(writer: Writer, needs: Requirements): void {
  writeCapacity(writer, needs);
  writer.text(needs.node);
  writeList(writer, needs.not, (name) => writer.text(name));
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

export function listOf<Item>(reader: Reader, max: number, readItem: (reader: Reader) => Item): Item[] {
  const count = reader.varint(max);
  const items: Item[] = [];
  for (let i = 0; i < count && !reader.failed; i++) items.push(readItem(reader));
  return items;
}

/** At least 1. */
export function readPositive(reader: Reader, max = Number.MAX_SAFE_INTEGER): number {
  const value = reader.varint(max);
  if (value === 0) reader.fail();
  return value;
}

export function readFlag(reader: Reader): boolean {
  return readFlags(reader, 1) === 1;
}

/** @param known All bits that mean something. */
export function readFlags(reader: Reader, known: number): number {
  const flags = reader.u8();
  if ((flags & ~known) !== 0) reader.fail();
  return flags;
}

/** One of a list whose places are on the wire. */
export function readOneOf<Value>(reader: Reader, values: readonly [Value, ...Value[]]): Value {
  const value = values[reader.u8()];
  if (value === undefined) reader.fail();
  return value ?? values[0];
}

export function readId(reader: Reader): TaskId {
  return hexOf(reader.raw(idBytes));
}

export function readAttempt(reader: Reader): Attempt {
  return { n: readPositive(reader), fence: readPositive(reader) };
}

export function readAttempts(reader: Reader): Attempt[] {
  return listOf(reader, maxTasks, readAttempt);
}

export function readPriority(reader: Reader): Priority {
  const priority = reader.u8();
  if (priority !== 1 && priority !== 2 && priority !== 3) {
    reader.fail();
    return 3;
  }
  return priority;
}

export function readEncoded(reader: Reader, bytesMax: number): Encoded {
  return { encoding: reader.u8(), body: reader.bytes(bytesMax) };
}

/** Of a node or a service; both are alike. */
export function readName(reader: Reader): string {
  const name = reader.text(limits.serviceBytesMax);
  if (nameProblem(name) !== undefined) reader.fail();
  return name;
}

export function readNameOrNone(reader: Reader): string {
  const name = reader.text(limits.serviceBytesMax);
  if (name !== '' && nameProblem(name) !== undefined) reader.fail();
  return name;
}

export function readText(reader: Reader, bytesMax: number): string {
  const text = reader.text(bytesMax);
  if (controls.test(text)) reader.fail();
  return text;
}

export function readReason(reader: Reader): string {
  return readText(reader, taskLimits.taskReasonBytesMax);
}

export function readNote(reader: Reader): string {
  return readText(reader, taskLimits.taskNoteBytesMax);
}

/** Negative: nothing is said. */
export function readShare(reader: Reader): number {
  const units = reader.varint(1 + shareUnits);
  return units === 0 ? -1 : (units - 1) / shareUnits;
}

export function readCapacity(reader: Reader): Capacity {
  const { taskUnitsMax, taskMemoryMax, taskWordsMax } = taskLimits;
  const cores = reader.varint(taskUnitsMax);
  const memory = reader.varint(taskMemoryMax);
  const software = readSortedNames(reader, taskWordsMax);
  const resources = listOf(reader, taskWordsMax, readUnits);
  const kinds = resources.map(([kind]) => kind);
  if (!isSorted(kinds)) reader.fail();
  return { cores, memory, software, resources };
}

export function readRequirements(reader: Reader): Requirements {
  const capacity = readCapacity(reader);
  const node = readNameOrNone(reader);
  return { ...capacity, node, not: readSortedNames(reader, taskLimits.taskNotNodesMax) };
}

/** A word is what a name is. Sorted by UTF-16 code units, as `<` does, and each is there once. */
function readSortedNames(reader: Reader, max: number): string[] {
  const names = listOf(reader, max, readName);
  if (!isSorted(names)) reader.fail();
  return names;
}

function isSorted(names: readonly string[]): boolean {
  return names.every((name, i) => i === 0 || (names[i - 1] as string) < name);
}

function readUnits(reader: Reader): Units {
  return [readName(reader), readPositive(reader, taskLimits.taskUnitsMax)];
}
