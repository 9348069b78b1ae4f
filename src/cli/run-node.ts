/**
 * A node and its control socket in this process, from the first line on stdout to the last goodbye.
 *
 * Called by `skein up`. Invariant: once `ready NAME HOST:PORT` is printed the node listens and can be
 * asked; SIGINT, SIGTERM, SIGHUP (the terminal is closed), `skein down` and the node's own end all leave by
 * the same way, within two seconds.
 */

import { createHostedNode, type HostedNode } from '../host/create-node.ts';
import { defaultRuntimePath } from '../host/runtime-path.ts';
import { nodeOptionsOf, type UpSettings } from '../node/up-settings.ts';
import { type ControlServer, serveControl } from '../remote/server.ts';
import { socketPathOf } from '../remote/socket-path.ts';
import { print, whenOutputEnds } from './kit/output.ts';
import { loggerFor } from './logger.ts';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Of the two seconds a leave may take: the rest is for sockets and for answers under way. */
const drainMs = 1000;

export interface RunOptions {
  /** Leave when standard input ends: how a parent takes its children along, even when it crashes. */
  readonly whileStdin: boolean;
}

/** Resolves when the node has left; rejects with what ended it otherwise. */
export async function runNode(settings: UpSettings, { whileStdin }: RunOptions): Promise<void> {
  const logger = await loggerFor(settings.logFormat ?? 'text', settings.logLevel ?? 'warn');
  const hosted = await createHostedNode({ ...nodeOptionsOf(settings), logger });
  const { node, address, registration } = hosted;
  const ended = endOf(hosted);
  const leave = () => void node.close({ drainMs });
  const control = await startControl(hosted, settings.control);
  registration.update({ control: control.path });
  for (const signal of endSignals) process.on(signal, leave);
  if (whileStdin) process.stdin.on('error', leave).on('close', leave).resume();
  whenOutputEnds(leave);
  print(`ready ${node.name} ${address}`);
  const error = await ended;
  await control.close();
  process.stdin.destroy();
  for (const signal of endSignals) process.off(signal, leave);
  if (error !== undefined) throw error;
}

/** The end must be heard from the first moment: a name may be refused before the control socket stands. */
function endOf({ node }: HostedNode): Promise<Error | undefined> {
  return new Promise((resolve) => {
    node.events.addEventListener('close', ({ detail: { error } }) => {
      resolve(
        error === undefined ? undefined : Object.assign(new Error(error.message), { code: error.code }),
      );
    });
  });
}

/** The name's own path may be taken by a node of another mesh, or by one that was renamed: then with our number. */
async function startControl({ node }: HostedNode, chosen: string | undefined): Promise<ControlServer> {
  try {
    if (chosen !== undefined) return await serveControl(node, chosen);
    const folder = defaultRuntimePath();
    return await serveControl(node, socketPathOf(folder, node.name)).catch(() =>
      serveControl(node, socketPathOf(folder, `${node.name}-${process.pid}`)),
    );
  } catch (error) {
    await node.close({ drainMs: 0 });
    throw error;
  }
}
