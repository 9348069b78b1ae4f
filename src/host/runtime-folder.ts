/**
 * The runtime folder: one small file for each node of this user on this machine.
 *
 * Who calls it: nodes enter themselves (create-node), find each other in it without any broadcast
 * (runtime-watch), and commands find the control socket of a node in it. Invariant: a reader never sees
 * half an entry (files are linked or renamed into place), an entry of a dead process is removed by
 * any process that meets it, with its socket (one of another PID namespace only by `sweep`), and nobody but the user can write here.
 */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { SkeinError } from '../kernel/errors.ts';
import { checkName } from '../kernel/identity.ts';
import { hostLimits } from './limits.ts';
import { isAbandoned, isOfOtherNamespace, ownPidNamespace } from './pid-namespace.ts';
import { parseEntry, type RuntimeEntry } from './runtime-entry.ts';
import { isSafe, prepareFolder } from './runtime-path.ts';
import { removeLeftSocket } from './runtime-socket.ts';

export type { RuntimeEntry } from './runtime-entry.ts';

const suffix = '.json';
/** Files that this thread holds: an entry with our own pid that is not among them is from an earlier life. */
const heldHere = new Set<string>();
let temporaries = 0;

export class RuntimeFolder {
  readonly path: string;
  /** Files that were not an entry, in all scans. */
  badFiles = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Creates the folder if need be.
   * @param path Default: `$SKEIN_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/skein`, else `skein-<uid>` in the temporary folder.
   * @throws SkeinError SKEIN_INVALID when others could write in it, or when it cannot be made.
   */
  static open(path?: string): RuntimeFolder {
    return new RuntimeFolder(prepareFolder(path));
  }

  /** The entries of living processes, by name; those of dead ones are removed on the way. */
  list(): RuntimeEntry[] {
    const entries: RuntimeEntry[] = [];
    for (const file of this.files()) {
      const entry = this.read(file.slice(0, -suffix.length));
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** One living node's entry. */
  read(name: string): RuntimeEntry | undefined {
    if (!isSafe(this.path)) return undefined;
    const file = this.fileOf(name);
    const text = readIfSmall(file);
    if (text === undefined) return undefined;
    const entry = entryIn(text, name);
    if (entry === undefined) this.badFiles++;
    else if (isLiving(entry, file)) return entry;
    else this.evict(entry);
    return undefined;
  }

  /** Enters a node; undefined when the name is held (see `read` by whom). Exactly one of several callers succeeds. */
  register(entry: RuntimeEntry): Registration | undefined {
    checkName(entry.name);
    const file = this.fileOf(entry.name);
    if (this.read(entry.name) !== undefined) return undefined;
    // What is there now is no entry of a living node: a dead one is gone already, a bad file goes now.
    if (readIfSmall(file) !== undefined) this.takeAway(entry.name, undefined);
    const own = ownPidNamespace === undefined ? entry : { ...entry, pidNamespace: ownPidNamespace };
    if (!this.create(file, own)) return undefined;
    heldHere.add(file);
    return new Registration(this, own);
  }

  /** Removes an entry whose holder is dead, even if its process number lives, and the socket it has left. */
  evict({ name, instance, control }: RuntimeEntry): void {
    const entryWrittenAtMs = this.takeAway(name, instance);
    if (entryWrittenAtMs === undefined || control === null) return;
    removeLeftSocket({ folder: this.path, path: control, entryWrittenAtMs, aside: this.temporaryPath(name) });
  }

  /**
   * Removes entries of other PID namespaces behind whose control socket nobody listens any more: the process number of
   * such a node says nothing here.
   */
  async sweep(): Promise<void> {
    const others = this.list().filter((entry) => isOfOtherNamespace(entry));
    const sweeping = others.map(async (entry) => {
      if (entry.control === null || !(await isAbandoned(entry.control))) return;
      try {
        this.evict(entry);
      } catch {
        // The folder is another user's by now, or full: who wants the name is refused with the reason.
      }
    });
    await Promise.all(sweeping);
  }

  fileOf(name: string): string {
    return join(this.path, name + suffix);
  }

  /** Puts the entry in place of whatever was there. */
  replace(entry: RuntimeEntry): void {
    prepareFolder(this.path);
    renameSync(this.writeTemporary(entry), this.fileOf(entry.name));
    heldHere.add(this.fileOf(entry.name));
  }

  /** Removes the entry if it is still this one's. */
  remove(entry: RuntimeEntry): void {
    heldHere.delete(this.fileOf(entry.name));
    this.takeAway(entry.name, entry.instance);
  }

  /**
   * Removes the file if it is still that instance's (undefined: still no entry at all). Looking first and
   * removing then would sometimes remove what another process has just put there.
   * @returns when it was written, where this call has removed it; milliseconds.
   */
  private takeAway(name: string, instance: string | undefined): number | undefined {
    const file = this.fileOf(name);
    const aside = this.temporaryPath(name);
    try {
      renameSync(file, aside);
    } catch {
      return undefined;
    }
    const isAnother = entryIn(readIfSmall(aside) ?? '', name)?.instance !== instance;
    if (isAnother) putBack(aside, file);
    const writtenAtMs = isAnother ? undefined : statSync(aside, { throwIfNoEntry: false })?.mtimeMs;
    rmSync(aside, { force: true });
    return writtenAtMs;
  }

  private files(): string[] {
    try {
      const names = readdirSync(this.path).filter((name) => name.endsWith(suffix));
      return names.sort().slice(0, hostLimits.entriesMax);
    } catch {
      // Tidied away: the next registration makes it anew.
      return [];
    }
  }

  private create(file: string, entry: RuntimeEntry): boolean {
    const temporary = this.writeTemporary(entry);
    try {
      linkSync(temporary, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      return createWithoutLink(file, entry);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  private temporaryPath(name: string): string {
    temporaries++;
    return join(this.path, `.${name}.${process.pid}.${threadId}.${temporaries}.tmp`);
  }

  private writeTemporary(entry: RuntimeEntry): string {
    const temporary = this.temporaryPath(entry.name);
    try {
      writeFileSync(temporary, textOf(entry), { mode: 0o600 });
    } catch (cause) {
      throw new SkeinError(
        'SKEIN_INVALID',
        `runtime folder: cannot write in ${this.path}: ${String(cause)}`,
        { cause },
      );
    }
    return temporary;
  }
}

/** One node's place in the folder. */
export class Registration {
  private readonly folder: RuntimeFolder;
  private current: RuntimeEntry;
  private removed = false;

  constructor(folder: RuntimeFolder, entry: RuntimeEntry) {
    this.folder = folder;
    this.current = entry;
  }

  get entry(): RuntimeEntry {
    return this.current;
  }

  /** @throws SkeinError SKEIN_INVALID when the folder cannot be written any more; SKEIN_NAME_TAKEN for a new name. */
  update(changes: Partial<Omit<RuntimeEntry, 'pid'>>): void {
    if (this.removed) return;
    const earlier = this.current;
    const next = { ...earlier, ...changes };
    if (next.name !== earlier.name && this.folder.read(next.name) !== undefined) {
      throw new SkeinError(
        'SKEIN_NAME_TAKEN',
        `runtime folder: a living node on this machine is named "${next.name}"`,
      );
    }
    this.current = next;
    this.folder.replace(next);
    if (earlier.name !== this.current.name) this.folder.remove(earlier);
  }

  /** Puts the file back if somebody tidied it away. */
  restore(): void {
    if (!this.removed && readIfSmall(this.folder.fileOf(this.current.name)) === undefined)
      this.folder.replace(this.current);
  }

  remove(): void {
    if (this.removed) return;
    this.removed = true;
    this.folder.remove(this.current);
  }
}

/** A file holds the entry of the name it bears, or none. */
function entryIn(text: string, name: string): RuntimeEntry | undefined {
  const entry = parseEntry(text);
  return entry?.name === name ? entry : undefined;
}

function isLiving(entry: RuntimeEntry, file: string): boolean {
  if (isOfOtherNamespace(entry)) return true;
  if (entry.pid !== process.pid) return isRunning(entry.pid);
  // In a container each life of a program has the same pid. Another thread of ours may hold the file, though:
  // then the entry is younger than this process.
  const processStartedAt = Date.now() - process.uptime() * 1000;
  return heldHere.has(file) || entry.startedAt >= processStartedAt;
}

/** Unless somebody has taken its place meanwhile. */
function putBack(aside: string, file: string): void {
  try {
    linkSync(aside, file);
  } catch {
    // Its owner puts it back at the next look (see `restore`).
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** For file systems without hard links: a reader may meet the empty file, and looks again when it changes. */
function createWithoutLink(file: string, entry: RuntimeEntry): boolean {
  try {
    writeFileSync(file, textOf(entry), { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function readIfSmall(file: string): string | undefined {
  try {
    const found = statSync(file);
    // Whatever else lies there, a pipe for example, might never end.
    if (!found.isFile() || found.size > hostLimits.entryBytesMax) return '';
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function textOf(entry: RuntimeEntry): string {
  return `${JSON.stringify(entry)}\n`;
}
