/**
 * A node and its control socket in this process, from the first line on stdout to the last goodbye.
 *
 * Called by `skein up`. Invariant: once `ready NAME HOST:PORT` is printed the node listens and can be
 * asked; SIGINT, SIGTERM, SIGHUP (the terminal is closed), `skein down` and the node's own end all leave by
 * the same way, within two seconds.
 */

import { createHostedNode, type HostedNode } from '../host/create-node.ts';
import { serveOptions } from '../remote/create-node.ts';
import { serve } from '../remote/serve.ts';
import { print, whenOutputEnds } from './kit/output.ts';
import { loggerFor } from './logger.ts';
import { type FoundSettings, logChoice, nodeSettings } from './settings.ts';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Of the two seconds a leave may take: the rest is for sockets and for answers under way. */
const drainMs = 1000;

export interface RunOptions {
  /** Leave when standard input ends: how a parent takes its children along, even when it crashes. */
  readonly whileStdin: boolean;
}

/** Resolves when the node has left; rejects with what ended it otherwise. */
export async function runNode(found: FoundSettings, { whileStdin }: RunOptions): Promise<void> {
  const { level, format } = logChoice(found);
  const logger = await loggerFor(format, level);
  for (const text of found.warnings) logger.warn({}, text);
  const hosted = await createHostedNode({ settings: nodeSettings(found), program: { logger } });
  const { node, address } = hosted;
  const ended = endOf(hosted);
  const leave = () => void node.close({ drainMs });
  const served = serveOptions(hosted.control);
  const control =
    served === undefined
      ? undefined
      : await serve(node, served).catch(async (problem: unknown) => {
          await node.close({ drainMs: 0 });
          throw problem;
        });
  for (const signal of endSignals) process.on(signal, leave);
  if (whileStdin) process.stdin.on('error', leave).on('close', leave).resume();
  whenOutputEnds(leave);
  print(`ready ${node.name} ${address}`);
  const error = await ended;
  await control?.close();
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
