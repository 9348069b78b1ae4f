/**
 * Runs a command's work against the chosen node's control socket.
 *
 * Used by every command that talks to a running node. Invariant: the connection is closed whatever
 * happens, so that the command ends when its work does.
 */
import { ControlClient } from '../host/control/client.ts';
import { findControl } from '../host/control/find.ts';
import type { NodeChoice } from './command.ts';

/** A name on the command line beats a path in the environment: nobody asks for both. */
export function controlOf({ node, control }: NodeChoice): string {
  if (control !== undefined) return control;
  if (node !== undefined) return findControl({ node });
  return findControl({ node: setting('SKEIN_NODE'), control: setting('SKEIN_CONTROL') });
}

export async function withNode<Result>(
  choice: NodeChoice,
  work: (client: ControlClient) => Promise<Result>,
): Promise<Result> {
  const client = new ControlClient(controlOf(choice));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** Fires at Ctrl-C: what streams end with, so that the command ends as it would otherwise. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}
