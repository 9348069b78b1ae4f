/**
 * What commands print: short aligned tables for people, JSON for programs.
 *
 * Used by every command. Invariant: stdout carries the answer and nothing else; what comes from other
 * machines is printed without control characters, so that it cannot steer a terminal.
 */
import { bodyToJson } from '../../kit/body.ts';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Resolves once the line is written, so that what must not be lost is not settled before. */
export function printed(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (problem) => (problem ? reject(problem) : resolve()));
  });
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/**
 * A body: bytes as they are, text as text, the rest as JSON. On a terminal nothing of it can
 * be taken for a command to it.
 */
export function printBody(body: unknown): void {
  if (body instanceof Uint8Array) process.stdout.write(shownBytes(Buffer.from(body)));
  else if (typeof body !== 'string') printJson(bodyToJson(body));
  else print(process.stdout.isTTY ? printableLines(body) : body);
}

function shownBytes(bytes: Buffer): Buffer | string {
  return process.stdout.isTTY ? `${printableLines(bytes.toString('utf8'))}\n` : bytes;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Columns as wide as their widest cell; the last one is not padded. Nothing for no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const columnsMax = 80;
const gap = 2;

/** A table of at most 80 columns. @param narrow Columns whose cells are cut, the widest first, where it is wider. */
export function fittedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  narrow: readonly string[],
): string {
  const shown = rows.map((row) => row.map(printable));
  const widths = head.map((title, at) => Math.max(title.length, ...shown.map((row) => row[at]?.length ?? 0)));
  const isNarrow = (at: number): boolean => narrow.includes(head[at] as string);
  let excess = widths.reduce((sum, width) => sum + width + gap, -gap) - columnsMax;
  for (; excess > 0; excess--) {
    const most = Math.max(...widths.filter((_, at) => isNarrow(at)));
    const widest = widths.findIndex((width, at) => isNarrow(at) && width === most);
    if (most <= (head[widest] ?? '').length) break;
    widths[widest] = most - 1;
  }
  return table(
    head,
    shown.map((row) => row.map((cell, at) => cut(cell, widths[at] as number))),
  );
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}\u2026`;
}

/** Cut at the width of a terminal; whole for a pipe or a file, whose reader may want all of it. */
export function lineFitted(
  text: string,
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
): string {
  // A terminal that does not know its width says 0.
  return isTTY === true ? cut(text, columns || columnsMax) : text;
}

/** `name  value` lines. */
export function list(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`.trimEnd()).join('\n');
}

/** Control characters (and what turns text around) made visible. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function orDash(text: string | undefined): string {
  return text === undefined || text === '' ? '-' : text;
}

/** What has to be put away before the command ends, now that nobody reads it any more. */
const leaving = new Set<() => void>();

/** Calls `leave` once standard output has ended, instead of ending at once; the result takes that back. */
export function whenOutputEnds(leave: () => void): () => void {
  leaving.add(leave);
  return () => leaving.delete(leave);
}

/**
 * A program behind a pipe that has read enough (`| head -1`) is no failure of ours; a full disk is one, in one
 * line. What cannot be said on standard error is lost: a node does not end because its log is full.
 */
export function endWithOutput(): void {
  let hasEnded = false;
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (hasEnded) return;
    hasEnded = true;
    if (code !== 'EPIPE') {
      printError(`skein: standard output cannot be written (${code}): write it elsewhere`);
      process.exitCode = 1;
    }
    if (leaving.size === 0) process.exit(process.exitCode ?? 0);
    for (const leave of leaving) leave();
  });
  process.stderr.on('error', () => {});
}
