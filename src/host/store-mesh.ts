/**
 * The word beside a store's file of which mesh it belongs to: two meshes of one user and namespace have one default place.
 *
 * Called by the host, and by `skein store rekey`. A mesh is known by the ids of its keys, which tell nothing of the keys:
 * a node whose ring has one of them is of that mesh, and writes the ring that it has, so that keys are changed without
 * anybody's help while a node runs. Invariant: a store whose word names no key of the ring is neither read nor written.
 */
import { readFileSync } from 'node:fs';
import { SkeinError } from '../kernel/errors.ts';
import { writeBeside } from './store-note.ts';

/** In the place of ids, for a mesh without a key. */
const noKey = 'none';

export class StoreMesh {
  private readonly storePath: string;
  private readonly keyIds: () => readonly string[];

  /** @param keyIds Those that the node holds at the moment; empty: it has no key. */
  constructor(storePath: string, keyIds: () => readonly string[]) {
    this.storePath = storePath;
    this.keyIds = keyIds;
  }

  /** @throws SkeinError SKEIN_STORE where it belongs to another mesh. */
  check(): void {
    const of = this.read();
    const own = this.own();
    if (of === undefined || of.some((id) => own.includes(id))) return;
    const whose = of.includes(noKey) ? 'nodes without a key' : `the mesh of key ${of.join(', ')}`;
    const who = own.includes(noKey) ? 'this node has no key' : `this node has key ${own.join(', ')}`;
    const text = `the store ${this.storePath} belongs to ${whose}, and ${who}: nothing was read or changed; give this mesh a store of its own with --store or another --namespace; where the key of that mesh was changed, run: skein store rekey`;
    throw new SkeinError('SKEIN_STORE', text);
  }

  /** Where it belongs to nobody it is this mesh's from now on. @throws SkeinError SKEIN_STORE, as `check`. */
  take(): void {
    this.check();
    if (this.read()?.join() !== this.own().join()) this.write();
  }

  /** The node holds other keys than before. @param removed The ids of those that are gone. */
  keysChanged(removed: readonly string[]): void {
    // Who has none any more is nobody of a mesh without a key.
    if (this.keyIds().length === 0) return;
    const known = [...this.own(), ...removed];
    if (this.read()?.some((id) => known.includes(id)) === true) this.write();
  }

  /** Whosever it was. @returns Whose it is. */
  write(): readonly string[] {
    const keys = this.own();
    writeBeside(this.path, this.storePath, { keys });
    return keys;
  }

  private get path(): string {
    return `${this.storePath}-mesh`;
  }

  private own(): readonly string[] {
    const ids = this.keyIds();
    return ids.length === 0 ? [noKey] : ids;
  }

  /** Undefined: nobody has it yet. */
  private read(): readonly string[] | undefined {
    try {
      const { keys } = JSON.parse(readFileSync(this.path, 'utf8')) as { readonly keys?: unknown };
      if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys;
      throw new Error('it names no keys');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const text = `${this.path}, which says to which mesh the store belongs, cannot be read: ${(cause as Error).message}; where it is damaged, run: skein store rekey`;
      throw new SkeinError('SKEIN_STORE', text, { cause });
    }
  }
}
