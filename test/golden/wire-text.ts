/**
 * The golden bytes as text: a heading for each feature with its number and tables, then each sample as a heading,
 * its bytes and its fields. Who calls it: the test of the golden bytes and `npm run wire:record`. Invariant: equal
 * samples give equal text, and each line makes sense alone in a diff.
 */
import { hexOf } from '../../src/kernel/wire/bytes.ts';
import { preface, wireVersion, wireVersionMin } from '../../src/kernel/wire/frame.ts';
import type { NumberTable, WireSample, WireSamples } from '../samples/sample.ts';

/** What the file holds, by the line that begins each piece. */
export type GoldenEntries = ReadonlyMap<string, string>;

export interface GoldenSample {
  readonly bytes: Uint8Array;
  readonly fields: string;
}

const title = [
  'The bytes of every message that skein sends, made from test/samples and compared byte for byte.',
  'A line here that changes is a node that another build no longer understands: see CONTRIBUTING.md.',
];

export function goldenEntries(groups: readonly WireSamples[]): Map<string, string> {
  const entries = new Map<string, string>([
    ['wire version', `${wireVersion}, lowest ${wireVersionMin}`],
    ['preface', hexOf(preface)],
  ]);
  for (const group of groups) {
    if (group.number !== undefined)
      entries.set(`feature ${group.name}`, group.number.toString(16).padStart(8, '0'));
    for (const [table, values] of Object.entries(group.values))
      entries.set(`values ${group.name} ${table}`, shownTable(values));
    for (const one of group.samples) {
      const number = group.types[one.type];
      const label = number === undefined ? 'no type number' : `type ${number}`;
      const lines = [label, `  bytes  ${hexOf(one.bytes)}`, `  fields ${shownFields(one.fields)}`];
      entries.set(sampleKey(group.name, one), lines.join('\n'));
    }
  }
  return entries;
}

export function sampleKey(group: string, { type, detail }: Pick<WireSample, 'type' | 'detail'>): string {
  return `${group} ${type}${detail === '' ? '' : ` (${detail})`}`;
}

export function formatGolden(entries: GoldenEntries): string {
  const pieces = [...entries].map(([key, value]) => {
    const isSample = value.includes('\n');
    return `${isSample || key.startsWith('feature ') ? '\n' : ''}${key}: ${value}`;
  });
  return `${title.map((line) => `# ${line}`).join('\n')}\n\n${pieces.join('\n')}\n`;
}

export function readGolden(text: string): GoldenEntries {
  const entries = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('  ')) entries.set(last, `${entries.get(last)}\n${line}`);
    else {
      const at = line.indexOf(': ');
      last = line.slice(0, at);
      entries.set(last, line.slice(at + 2));
    }
  }
  return entries;
}

/** What an entry of a sample holds; undefined for one of another kind. */
export function goldenSample(entry: string): GoldenSample | undefined {
  const read = /\n {2}bytes {2}([0-9a-f]*)\n {2}fields (.*)$/.exec(entry);
  if (read === null) return undefined;
  const [, hex = '', fields = ''] = read;
  return { bytes: new Uint8Array(Buffer.from(hex, 'hex')), fields };
}

/** On one line, keys in alphabetical order: bytes in hexadecimal digits, maps as objects. */
export function shownFields(fields: unknown): string {
  return JSON.stringify(plain(fields)) ?? 'none';
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return `0x${hexOf(value)}`;
  if (value instanceof Uint32Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  const entries: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, one]) => [key, plain(one)]));
}

function shownTable(table: NumberTable): string {
  return Object.entries(table)
    .map(([name, number]) => `${name}=${number}`)
    .join(' ');
}
