/**
 * `createNode` as programs call it: a node, and where it is asked for, a control socket beside it.
 *
 * Invariant: a node that cannot be served as was asked is closed again, and its creation fails with the reason.
 */
import { createNode as createHostNode } from '../host/create-node.ts';
import type { LocalNode, NodeOptions } from '../node/node.ts';
import { type ServeOptions, serve } from './serve.ts';

/**
 * Starts a node; resolves when it listens.
 *
 * @throws TypeError for an option of the wrong kind; SkeinError SKEIN_ADDRESS, SKEIN_ADDRESS_IN_USE,
 * SKEIN_PROTECTED (an address that leaves this machine without `insecure: true`), SKEIN_NAME_TAKEN (the
 * chosen name is in use on this machine), SKEIN_INVALID (the runtime folder is not safe to use).
 */
export async function createNode(options: NodeOptions = {}): Promise<LocalNode> {
  const node = await createHostNode(options);
  const served = serveOptions(options.control);
  if (served === undefined) return node;
  try {
    await serve(node, served);
    return node;
  } catch (problem) {
    await node.close({ drainMs: 0 });
    throw problem;
  }
}

/** Undefined: nobody is to attach. What does not fit the node's settings refuse. */
export function serveOptions(control: NodeOptions['control']): ServeOptions | undefined {
  if (control === undefined || control === false) return undefined;
  return typeof control === 'object' && control?.path !== undefined ? { control: control.path } : {};
}
