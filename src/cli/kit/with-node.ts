/**
 * Runs a command's work against the chosen node's control socket.
 *
 * Used by every command that talks to a running node. Invariant: the connection is closed whatever
 * happens, so that the command ends when its work does.
 */

import { statSync } from 'node:fs';
import type { Session } from '../../kit/session.ts';
import { ControlClient } from '../../remote/client.ts';
import { featureSession } from '../../remote/feature-session.ts';
import { findControl, removeAbandoned } from '../../remote/find.ts';
import { RemoteEvents } from '../../remote/remote-events.ts';
import type { NodeChoice } from './command.ts';
import { UsageError } from './exit.ts';

/** A name on the command line beats a path in the environment: nobody asks for both. */
export function controlOf({ node, control }: NodeChoice): string {
  if (node === '') throw new UsageError('--node: a name has at least one character');
  if (control !== undefined) return checkedSocket(control);
  if (node !== undefined) return findControl({ node });
  return findControl({ node: setting('SKEIN_NODE'), control: setting('SKEIN_CONTROL') });
}

/** A path where nothing lies may be that of a node which is still to start. */
function checkedSocket(path: string): string {
  if (path === '') throw new UsageError('--control: a path has at least one character');
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== false) return path;
  throw new UsageError(`--control: ${path} is no socket; a node says its own in skein up --control`);
}

/** @param options Of a command that asks one thing: it gets in where the node has no place for more clients. */
export async function withNode<Result>(
  choice: NodeChoice,
  work: (client: ControlClient) => Promise<Result>,
  options: { readonly isBrief?: boolean } = {},
): Promise<Result> {
  if (choice.control === undefined && setting('SKEIN_CONTROL') === undefined) await removeAbandoned();
  const client = new ControlClient(controlOf(choice), options);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** The operations of a feature, as its attached api calls them. */
export function sessionOf<Ops>(client: ControlClient): Session<Ops> {
  const events = new RemoteEvents(client);
  return featureSession({ node: '', client, events }, '') as unknown as Session<Ops>;
}
