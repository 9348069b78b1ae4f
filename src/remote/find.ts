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

/** Entries that other containers have left behind are gone afterwards: call it before `findControl`. */
export function removeAbandoned(): Promise<void> {
  return RuntimeFolder.open().sweep();
}

/** @throws SkeinError SKEIN_NOT_RUNNING, SKEIN_AMBIGUOUS (the message names the nodes). */
export function findControl({ node, control }: FindOptions): string {
  if (control !== undefined) return control;
  const listed = RuntimeFolder.open().list();
  const running = listed.filter(hasControl);
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
  const text =
    names === ''
      ? 'no node runs on this machine'
      : `no node named ${node} runs on this machine: running are ${names}`;
  throw new SkeinError('SKEIN_NOT_RUNNING', `${text}${unservedText(listed)}`);
}

/** Those of programs that did not open a control socket, and what to do. */
function unservedText(listed: readonly RuntimeEntry[]): string {
  const unserved = listed
    .filter((entry) => !hasControl(entry))
    .map(({ name, pid }) => `${name} (process ${pid})`);
  if (unserved.length > 0)
    return ` that can be asked; without a control socket run ${unserved.join(', ')}: createNode({ control: true })`;
  return listed.length === 0 ? ': start one with `skein up`' : '';
}

function hasControl(entry: RuntimeEntry): entry is RuntimeEntry & { readonly control: string } {
  return entry.control !== null;
}
