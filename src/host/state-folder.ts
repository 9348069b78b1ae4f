/** Where nodes of one namespace keep what outlives them. Who calls it: the store, and identities. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_STATE_HOME/skein/NAMESPACE`. */
export function stateFolder(namespace: string, environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment.XDG_STATE_HOME;
  const base = state?.startsWith('/') === true ? state : join(homedir(), '.local', 'state');
  return join(base, 'skein', namespace);
}
