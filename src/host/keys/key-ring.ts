/**
 * The keys that a node holds at the moment: the first is used, all are accepted.
 *
 * Who calls it: create-node makes it; proofs and seals ask it at each use, so that a change counts at once.
 * Invariant: whoever was told of a change is told after it, with the keys that are gone.
 */
import type { MeshKey } from './mesh-key.ts';

export class KeyRing {
  private keys: readonly MeshKey[];
  private readonly watchers: ((removed: readonly MeshKey[]) => void)[] = [];

  constructor(keys: readonly MeshKey[]) {
    this.keys = withoutRepeats(keys);
  }

  /** The one in use; undefined once the last was removed. */
  get first(): MeshKey | undefined {
    return this.keys[0];
  }

  get all(): readonly MeshKey[] {
    return this.keys;
  }

  has(key: MeshKey): boolean {
    return this.keys.some(({ id }) => id === key.id);
  }

  /** False when these are the keys that it holds already. */
  replace(keys: readonly MeshKey[]): boolean {
    const before = this.keys;
    const after = withoutRepeats(keys);
    if (idsOf(before) === idsOf(after)) return false;
    this.keys = after;
    const removed = before.filter((key) => !this.has(key));
    for (const watcher of this.watchers) watcher(removed);
    return true;
  }

  changed(watcher: (removed: readonly MeshKey[]) => void): void {
    this.watchers.push(watcher);
  }
}

function withoutRepeats(keys: readonly MeshKey[]): readonly MeshKey[] {
  return [...new Map(keys.map((key) => [key.id, key])).values()];
}

function idsOf(keys: readonly MeshKey[]): string {
  return keys.map(({ id }) => id).join();
}
