/**
 * The stores of a node in this process, that of the swarm and its own: each opened when the node first wants something of it.
 *
 * Made by create-node, held by the driver. A node that never keeps a swarm, and has nothing in its outbox, opens no file and
 * starts no thread. Invariant: operations reach the store in the order in which they were asked for; what could not be opened is
 * tried again with the next operation.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Store, StoreOperation } from '../kernel/contracts.ts';
import { SkeinError } from '../kernel/errors.ts';
import { claimingPart, type Look, type LookHow, lookVerb, noteVerb } from '../stores/claim.ts';
import type { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { makeFolder } from './make-folder.ts';
import { stateFolder } from './state-folder.ts';
import { StoreMesh } from './store-mesh.ts';
import { readNote, writeNote } from './store-note.ts';
import { threadFolder } from './thread-folder.ts';

export interface LazyStoreOptions {
  readonly path: string;
  /** The built file with its parts. */
  readonly parts: 'sqlite-parts.js' | 'own-sqlite-parts.js';
  readonly warn: (text: string) => void;
  /** Ids of the keys that the node holds at the moment. */
  readonly keyIds: () => readonly string[];
}

/** `$XDG_STATE_HOME/skein/NAMESPACE/swarm.sqlite`. */
export function defaultStorePath(namespace: string, environment: NodeJS.ProcessEnv = process.env): string {
  return join(stateFolder(namespace, environment), 'swarm.sqlite');
}

/** What a node keeps for itself lies beside the place for the swarm. */
export function ownStorePath(storePath: string, node: string): string {
  return join(dirname(storePath), 'nodes', `${node}.sqlite`);
}

/** What nodes have kept for themselves beside the place for the swarm. */
export function ownStoresBeside(storePath: string): readonly string[] {
  const folder = join(dirname(storePath), 'nodes');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.sqlite'));
  return names.map((name) => join(folder, name));
}

export class LazyStore implements Store {
  private readonly options: LazyStoreOptions;
  private store: SqliteStore | undefined;
  private opening: Promise<SqliteStore> | undefined;
  private isClosed = false;
  readonly mesh: StoreMesh;

  constructor(options: LazyStoreOptions) {
    this.options = options;
    this.mesh = new StoreMesh(options.path, options.keyIds);
  }

  execute(feature: string, operation: StoreOperation): Promise<unknown> {
    if (operation.verb === lookVerb) return this.look(operation.input as LookHow);
    if (feature === claimingPart && operation.verb === noteVerb) return this.note(operation.input);
    if (this.store !== undefined) return this.store.execute(feature, operation);
    // It is not looked at before the store is open, and its owner may change it.
    const kept = structuredClone(operation);
    return this.opened().then((store) => store.execute(feature, kept));
  }

  claim(epoch: number): ReturnType<Store['claim']> {
    return this.opened().then((store) => store.claim(epoch));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const store = await this.opening?.catch(() => undefined);
    await store?.close();
  }

  /** Nobody who only looks makes a file. */
  private async look(how: LookHow): Promise<Look> {
    const { path } = this.options;
    this.mesh.check();
    const note = readNote(path);
    const host = hostname();
    const isThere = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
    if (this.store === undefined && how === 'closed') return { id: isThere ? undefined : null, note, host };
    if (!isThere && how !== 'make') return { id: null, note, host };
    return { id: (await this.opened()).id, note, host };
  }

  private async note(note: unknown): Promise<void> {
    const kept = structuredClone(note);
    makeStoreFolder(this.options.path);
    this.mesh.take();
    writeNote(this.options.path, kept);
  }

  private opened(): Promise<SqliteStore> {
    if (this.isClosed) return Promise.reject(new SkeinError('SKEIN_CLOSED', 'the store is closed'));
    if (this.opening !== undefined) return this.opening;
    const opening = openStore(this.options, this.mesh);
    this.opening = opening;
    opening.then(
      (store) => {
        this.store = store;
      },
      () => {
        this.opening = undefined;
      },
    );
    return opening;
  }
}

async function openStore({ path, parts, warn }: LazyStoreOptions, mesh: StoreMesh): Promise<SqliteStore> {
  makeStoreFolder(path);
  mesh.check();
  const { SqliteStore } = await import('../stores/sqlite/sqlite-store.ts');
  const folder = threadFolder('the store', ['worker.js', parts]);
  const program = new URL('worker.js', folder);
  const store = await SqliteStore.open({ path, modules: [new URL(parts, folder).href], program, warn });
  try {
    // Of two meshes that have begun it at once one gives way here.
    mesh.take();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function makeStoreFolder(path: string): void {
  try {
    makeFolder(dirname(path));
  } catch (cause) {
    const text = `the store ${path} cannot be made: ${(cause as Error).message}; name another path`;
    throw new SkeinError('SKEIN_STORE', text, { cause });
  }
}
