/**
 * A disk as the calls of a trace have left it, and as a power cut may leave it.
 *
 * Replayed call by call. The rules are those that POSIX gives, and no file system's own: what was written is on the disk
 * once a sync of that file has returned that was begun after the write had returned; a name that was made, removed or
 * changed, once its folder was synced. Invariant: of what was not synced anything may be there, in any choice of sectors.
 */
import { basename, dirname } from 'node:path';
import type { SeededRandom } from '../../../src/sim/world/random.ts';
import { Content } from './content.ts';
import type { Call } from './trace.ts';

/** Not synced yet. */
interface Pending<Change> {
  readonly change: Change;
  isUnderWay: boolean;
}

type FileChange =
  | { readonly type: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly size: number };

/** To undefined: removed. */
type FolderChange = readonly (readonly [name: string, node: DiskFile | DiskFolder | undefined])[];

type Names = Map<string, DiskFile | DiskFolder>;

/** How much of what was not synced a cut leaves: for each cut one of them, so that the extremes are seen as well. */
export type Survival = 'nothing' | 'everything' | 'some';

class DiskFile {
  readonly now = new Content();
  private readonly synced = new Content();
  private pending: Pending<FileChange>[] = [];

  begin(change: FileChange): () => void {
    apply(this.now, change);
    return begun(this.pending, change);
  }

  beginSync(): () => void {
    const done = this.pending.filter(({ isUnderWay }) => !isUnderWay);
    return () => {
      for (const { change } of done) apply(this.synced, change);
      this.pending = this.pending.filter((each) => !done.includes(each));
    };
  }

  afterCut(survival: Survival, draw: Draw): Content {
    const content = this.synced.copy();
    for (const { change } of this.pending) {
      if (survival === 'everything') apply(content, change);
      else if (survival === 'some') applySome(content, change, draw);
    }
    return content;
  }
}

class DiskFolder {
  readonly now: Names = new Map();
  private readonly synced: Names = new Map();
  private pending: Pending<FolderChange>[] = [];

  begin(change: FolderChange): () => void {
    rename(this.now, change);
    return begun(this.pending, change);
  }

  beginSync(): () => void {
    const done = this.pending.filter(({ isUnderWay }) => !isUnderWay);
    return () => {
      for (const { change } of done) rename(this.synced, change);
      this.pending = this.pending.filter((each) => !done.includes(each));
    };
  }

  afterCut(survival: Survival, draw: Draw): Names {
    const names = new Map(this.synced);
    for (const { change } of this.pending)
      if (survival === 'everything' || (survival === 'some' && draw.isKept())) rename(names, change);
    return names;
  }
}

/** What becomes of each change that was not synced. */
class Draw {
  private readonly random: SeededRandom;
  private readonly kept: number;

  constructor(random: SeededRandom) {
    this.random = random;
    this.kept = random.next();
  }

  isKept(): boolean {
    return this.random.next() < this.kept;
  }

  /** A write may be torn at any sector, and a disk need not write sectors in their order. */
  sectors(count: number): (sector: number) => boolean {
    const how = this.random.integer(0, 2);
    if (how === 0) return () => true;
    const end = this.random.integer(0, count);
    return how === 1 ? (sector) => sector < end : () => this.isKept();
  }
}

const sectorBytes = 512;

export class Disk {
  private readonly path: string;
  private readonly root = new DiskFolder();

  /** @param path Of a folder that is there, empty, and outlives all. */
  constructor(path: string) {
    this.path = path;
  }

  /** @returns what is to be called when the call returns. @throws Error for what cannot have happened. */
  begin(call: Call): () => void {
    const name = basename(call.path);
    switch (call.type) {
      case 'write': {
        const file = this.file(call.path);
        const bytes = call.bytes ?? withoutBytes(call);
        return file.begin({ type: 'write', at: call.at ?? file.now.size, bytes });
      }
      case 'truncate':
        return this.file(call.path).begin({ type: 'truncate', size: call.size });
      case 'sync':
        return this.find(call.path).beginSync();
      case 'open':
        return this.open(call.path, call.isEmptied);
      case 'make-folder':
        return this.folder(dirname(call.path)).begin([[name, new DiskFolder()]]);
      case 'remove':
        return this.folder(dirname(call.path)).begin([[name, undefined]]);
      case 'rename': {
        if (dirname(call.to) !== dirname(call.path)) throw new Error(`renamed to another folder: ${call.to}`);
        const node = this.find(call.path);
        return this.folder(dirname(call.path)).begin([
          [name, undefined],
          [basename(call.to), node],
        ]);
      }
    }
  }

  /** Its files by their paths within the disk, as they are for programs. */
  files(): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    collect(
      found,
      '',
      this.root,
      (folder) => folder.now,
      (file) => file.now,
    );
    return found;
  }

  /** The same as it may be after a power cut at this moment. */
  filesAfterCut(survival: Survival, random: SeededRandom): Map<string, Uint8Array> {
    const draw = new Draw(random);
    const found = new Map<string, Uint8Array>();
    collect(
      found,
      '',
      this.root,
      (folder) => folder.afterCut(survival, draw),
      (file) => file.afterCut(survival, draw),
    );
    return found;
  }

  private open(path: string, isEmptied: boolean): () => void {
    const folder = this.folder(dirname(path));
    const there = folder.now.get(basename(path));
    if (there instanceof DiskFile)
      return isEmptied ? there.begin({ type: 'truncate', size: 0 }) : () => undefined;
    return folder.begin([[basename(path), new DiskFile()]]);
  }

  private find(path: string): DiskFile | DiskFolder {
    if (path === this.path) return this.root;
    const node = this.folder(dirname(path)).now.get(basename(path));
    if (node === undefined) throw new Error(`the trace says nothing of how ${path} came to be`);
    return node;
  }

  private file(path: string): DiskFile {
    const node = this.find(path);
    if (node instanceof DiskFile) return node;
    throw new Error(`${path} is a folder`);
  }

  private folder(path: string): DiskFolder {
    if (path.length < this.path.length) throw new Error(`${path} is outside ${this.path}`);
    const node = this.find(path);
    if (node instanceof DiskFolder) return node;
    throw new Error(`${path} is a file`);
  }
}

/** Long writes are those of the reserve, whose content does not matter. */
function withoutBytes({ path, size }: Extract<Call, { type: 'write' }>): Uint8Array {
  if (path.endsWith('-reserve')) return new Uint8Array(size);
  throw new Error(`the trace has not all of ${size} bytes that were written to ${path}`);
}

function begun<Change>(pending: Pending<Change>[], change: Change): () => void {
  const entry = { change, isUnderWay: true };
  pending.push(entry);
  return () => {
    entry.isUnderWay = false;
  };
}

function apply(content: Content, change: FileChange): void {
  if (change.type === 'write') content.write(change.at, change.bytes);
  else content.resize(change.size);
}

function applySome(content: Content, change: FileChange, draw: Draw): void {
  if (!draw.isKept()) return;
  if (change.type === 'truncate') return apply(content, change);
  const { at, bytes } = change;
  const first = Math.floor(at / sectorBytes);
  const count = Math.ceil((at + bytes.length) / sectorBytes) - first;
  const isThere = draw.sectors(count);
  for (let sector = 0; sector < count; sector++) {
    if (!isThere(sector)) continue;
    const from = Math.max(at, (first + sector) * sectorBytes);
    const to = Math.min(at + bytes.length, (first + sector + 1) * sectorBytes);
    content.write(from, bytes.subarray(from - at, to - at));
  }
}

function rename(names: Names, change: FolderChange): void {
  for (const [name, node] of change) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}

function collect(
  found: Map<string, Uint8Array>,
  path: string,
  folder: DiskFolder,
  namesOf: (folder: DiskFolder) => Names,
  contentOf: (file: DiskFile) => Content,
): void {
  for (const [name, node] of namesOf(folder)) {
    if (node instanceof DiskFolder) collect(found, `${path}${name}/`, node, namesOf, contentOf);
    else found.set(path + name, contentOf(node).bytes);
  }
}
