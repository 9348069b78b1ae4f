/**
 * Finds the control socket of a node that runs on this machine, by the runtime folder.
 *
 * Called by `attach` and by every command. Invariant: with several nodes and no name nothing is guessed.
 */

import { type RuntimeEntry, RuntimeFolder } from '../host/runtime-folder.ts';
import { SkeinError } from '../kernel/errors.ts';

export interface FindOptions {
  readonly node?: string | undefined;
  readonly control?: string | undefined;
}

/** @throws SkeinError SKEIN_NOT_RUNNING, SKEIN_AMBIGUOUS (the message names the nodes). */
export function findControl({ node, control }: FindOptions): string {
  if (control !== undefined) return control;
  const running = RuntimeFolder.open().list().filter(hasControl);
  const found = node === undefined ? running : running.filter((entry) => entry.name === node);
  const names = running.map((entry) => entry.name).join(', ');
  if (found.length > 1) {
    throw new SkeinError(
      'SKEIN_AMBIGUOUS',
      `several nodes run on this machine: say --node NAME with one of ${names}`,
      {
        details: { nodes: running.map((entry) => entry.name) },
      },
    );
  }
  const [only] = found;
  if (only !== undefined) return only.control;
  throw new SkeinError(
    'SKEIN_NOT_RUNNING',
    names === ''
      ? 'no node runs on this machine: start one with `skein up`'
      : `no node named ${node} runs on this machine: running are ${names}`,
  );
}

function hasControl(entry: RuntimeEntry): entry is RuntimeEntry & { readonly control: string } {
  return entry.control !== null;
}
