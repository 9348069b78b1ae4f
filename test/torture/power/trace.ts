/**
 * Reads what strace has written (`-f -xx -y`): the calls that change or sync what lies below one folder, in their order.
 *
 * Used by the replay. A call that another thread's call overlaps is written in two lines (`<unfinished ...>` and
 * `resumed`); it has two places then. Invariant: a call on these files that is not understood is an error, never skipped.
 */
import { createReadStream } from 'node:fs';

/** What one call did. Paths are whole. */
type Effect =
  /** Without `at`: at the end of the file. Without `bytes`: strace has shortened them. */
  | {
      readonly type: 'write';
      readonly path: string;
      readonly at?: number;
      readonly size: number;
      readonly bytes?: Uint8Array;
    }
  | { readonly type: 'truncate'; readonly path: string; readonly size: number }
  | { readonly type: 'sync'; readonly path: string }
  /** The file is made where it is not there. */
  | { readonly type: 'open'; readonly path: string; readonly isEmptied: boolean }
  | { readonly type: 'make-folder'; readonly path: string }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'rename'; readonly path: string; readonly to: string };

export type Call = Effect & {
  /** Line of the trace where it was begun, and where it returned; the latter is infinite when its process was killed before. */
  readonly begin: number;
  readonly end: number;
};

/** The calls to be traced: all that can change a file or its name, also those that are not understood. */
export const tracedCalls = [
  ...[
    'openat',
    'open',
    'creat',
    'write',
    'pwrite64',
    'writev',
    'pwritev',
    'pwritev2',
    'ftruncate',
    'truncate',
  ],
  ...['fallocate', 'copy_file_range', 'sendfile', 'mmap', 'fsync', 'fdatasync', 'mkdir', 'mkdirat'],
  ...[
    'unlink',
    'unlinkat',
    'rmdir',
    'rename',
    'renameat',
    'renameat2',
    'link',
    'linkat',
    'symlink',
    'symlinkat',
  ],
];

const unfinished = ' <unfinished ...>';

interface Begun {
  readonly begin: number;
  readonly text: string;
}

export class TraceReader {
  private readonly folders: readonly string[];
  private readonly begun = new Map<string, Begun>();
  /** Whether what is written without a place comes at the file's end: it was opened to append, or emptied, last. */
  private readonly appended = new Map<string, boolean>();
  private line = 0;
  readonly calls: Call[] = [];

  /** @param folders What lies elsewhere is left out. */
  constructor(folders: readonly string[]) {
    this.folders = folders.map(hexText);
  }

  /** The calls of a whole file. @throws Error for a call that is not understood. */
  async read(file: string): Promise<readonly Call[]> {
    let rest = '';
    for await (const chunk of createReadStream(file, { encoding: 'latin1', highWaterMark: 2 ** 20 })) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) this.add(line);
    }
    return this.end();
  }

  add(line: string): void {
    this.line++;
    const [, thread, text] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (thread === undefined || text === undefined) return;
    if (text.endsWith(unfinished))
      this.begun.set(thread, { begin: this.line, text: text.slice(0, -unfinished.length) });
    else if (text.startsWith('<... ')) {
      const begun = this.begun.get(thread);
      this.begun.delete(thread);
      if (begun !== undefined) this.call(begun.text + text.slice(text.indexOf('>') + 1), begun.begin);
    } else this.call(text, this.line);
  }

  /** Calls in the order in which they were begun. */
  end(): readonly Call[] {
    for (const { text, begin } of this.begun.values()) this.call(`${text}) = ?`, begin);
    return this.calls.sort((a, b) => a.begin - b.begin);
  }

  private call(text: string, begin: number): void {
    if (!this.folders.some((folder) => text.includes(folder))) return;
    const [, name, given, result] = /^(\w+)\((.*)\) += (.*)$/s.exec(text) ?? [];
    if (name === undefined || given === undefined || result === undefined) throw this.notUnderstood(text);
    if (result.startsWith('-')) return;
    const isOver = !result.startsWith('?');
    const effect = this.effectOf(name, given, result, text);
    if (effect === undefined || !this.isWithin(effect.path)) return;
    if (!isOver && effect.type !== 'sync')
      throw new Error(
        `a process was killed within a call, and whether it was carried out is unknown: ${shown(text)}`,
      );
    this.calls.push({ ...effect, begin, end: isOver ? this.line : Number.POSITIVE_INFINITY });
  }

  private effectOf(name: string, given: string, result: string, text: string): Effect | undefined {
    switch (name) {
      case 'openat':
      case 'open':
      case 'creat':
        return this.opened(name, given, result);
      case 'write':
      case 'pwrite64':
        return this.written(name, given, Number.parseInt(result, 10), text);
      case 'ftruncate':
        return {
          type: 'truncate',
          path: fileOf(given),
          size: Number(given.slice(given.lastIndexOf(',') + 1)),
        };
      case 'fsync':
      case 'fdatasync':
        return { type: 'sync', path: fileOf(given) };
      case 'mkdir':
      case 'mkdirat':
        return { type: 'make-folder', path: pathsOf(given)[0] as string };
      case 'unlink':
        return { type: 'remove', path: pathsOf(given)[0] as string };
      case 'unlinkat':
        if (given.includes('AT_REMOVEDIR')) throw this.notUnderstood(text);
        return { type: 'remove', path: pathsOf(given)[0] as string };
      case 'rename':
      case 'renameat':
      case 'renameat2': {
        const [path, to] = pathsOf(given) as [string, string];
        return { type: 'rename', path, to };
      }
      case 'mmap':
        // The index of a write-ahead log is made again after a crash.
        if (!/PROT_WRITE.*MAP_SHARED/.test(given) || this.isIndex(given)) return undefined;
        throw this.notUnderstood(text);
      default:
        throw this.notUnderstood(text);
    }
  }

  private opened(name: string, given: string, result: string): Effect | undefined {
    // As the system has found it. A file that could not be opened is none.
    const path = textOf(/^\d+<((?:\\x..)+)>/.exec(result)?.[1] ?? '');
    const isEmptied = name === 'creat' || given.includes('O_TRUNC');
    const isMade = name === 'creat' || given.includes('O_CREAT');
    if (isMade || !given.includes('O_RDONLY'))
      this.appended.set(path, isEmptied || given.includes('O_APPEND'));
    return isMade || isEmptied ? { type: 'open', path, isEmptied } : undefined;
  }

  private written(name: string, given: string, size: number, text: string): Effect {
    const path = fileOf(given);
    const [, hex, cut] = /"((?:\\x..)*)"(\.\.\.)?/.exec(given) ?? [];
    if (hex === undefined) throw this.notUnderstood(text);
    const bytes = cut === undefined ? bytesOf(hex).subarray(0, size) : undefined;
    const data = { size, ...(bytes === undefined ? {} : { bytes }) };
    if (name === 'pwrite64')
      return { type: 'write', path, at: Number(given.slice(given.lastIndexOf(',') + 1)), ...data };
    if (this.isWithin(path) && this.appended.get(path) !== true) throw this.notUnderstood(text);
    return { type: 'write', path, ...data };
  }

  /** The index is not replayed. */
  private isWithin(path: string): boolean {
    return !path.endsWith('-shm') && this.folders.some((folder) => hexText(path).startsWith(folder));
  }

  private isIndex(given: string): boolean {
    return given.includes(`${hexText('-shm')}>`);
  }

  private notUnderstood(text: string): Error {
    return new Error(`line ${this.line} of the trace is not understood: ${shown(text)}`);
  }
}

function fileOf(given: string): string {
  const found = /^\d+<((?:\\x..)+)>(\(deleted\))?/.exec(given);
  // What was done to a file that nobody can open any more does not come back.
  if (found === null || found[2] !== undefined) return '';
  return textOf(found[1] as string);
}

function pathsOf(given: string): string[] {
  return Array.from(given.matchAll(/"((?:\\x..)*)"/g), ([, hex]) => textOf(hex as string));
}

function hexText(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}

function textOf(hex: string): string {
  return Buffer.from(bytesOf(hex)).toString();
}

/** With names instead of numbers, and not all of it. */
function shown(text: string): string {
  return text
    .slice(0, 2000)
    .replaceAll(/(?:\\x..)+/g, textOf)
    .slice(0, 300);
}
