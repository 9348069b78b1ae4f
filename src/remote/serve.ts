/**
 * `serve`: a control socket for a node of this process, so that other programs of this machine can `attach` to it.
 *
 * Called by programs whose node has features of their own, and by `skein up`. Invariant: the socket is served no
 * longer than the node runs, and while it is served, the node's entry in the runtime folder names it.
 */
import { registrationOf } from '../host/create-node.ts';
import { defaultRuntimePath } from '../host/runtime-path.ts';
import { SkeinError } from '../kernel/errors.ts';
import { checkOptions, checkText } from '../kit/arguments.ts';
import type { LocalNode } from '../node/node.ts';
import { type ControlServer, serveControl } from './server.ts';
import { socketPathOf } from './socket-path.ts';

/** Where a node is to be served. */
export interface ServeOptions {
  /** Path of the socket, at most 103 bytes. Default: NAME.sock in the user's runtime folder. */
  readonly control?: string | undefined;
}

/**
 * Serves the operations of a node, those of its own features included, to programs of the same user, until the node
 * ends. A node that is listed in the user's runtime folder is found by name (`attach({ node })`), any other by path
 * (`attach({ control })`).
 * @throws TypeError for an unknown option; SkeinError SKEIN_ADDRESS_IN_USE when a living process answers at that path;
 * SKEIN_ADDRESS when there can be no socket; SKEIN_CLOSED.
 */
export async function serve(node: LocalNode, options: ServeOptions = {}): Promise<ControlServer> {
  checkOptions('serve', options, ['control']);
  checkText('serve: control', options.control);
  // It may end at any moment: while the socket is opened, too.
  const ended = new AbortController();
  node.events.addEventListener('close', () => ended.abort(), { once: true });
  await node.status();
  const server = await open(node, options.control);
  const registration = registrationOf(node);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closed ??= server.close();
    registration?.update({ control: null });
    await closed;
  };
  try {
    if (ended.signal.aborted) throw new SkeinError('SKEIN_CLOSED', `serve: node ${node.name} is closed`);
    registration?.update({ control: server.path });
  } catch (problem) {
    await server.close();
    throw problem;
  }
  ended.signal.addEventListener('abort', () => void close(), { once: true });
  return { path: server.path, close };
}

/** The name's own path may be in use by a node of another mesh, or by one that was renamed: then with our number. */
function open(node: LocalNode, chosen: string | undefined): Promise<ControlServer> {
  if (chosen !== undefined) return serveControl(node, chosen);
  const folder = defaultRuntimePath();
  return serveControl(node, socketPathOf(folder, node.name)).catch(() =>
    serveControl(node, socketPathOf(folder, `${node.name}-${process.pid}`)),
  );
}
