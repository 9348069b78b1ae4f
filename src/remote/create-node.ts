/**
 * `createNode` as programs call it: a node, and where it is asked for, a control socket beside it.
 *
 * Invariant: a node that cannot be served as was asked is closed again, and its creation fails with the reason.
 */
import { createNode as createHostNode } from '../host/create-node.ts';
import { checkOptions, checkText, shown } from '../kit/arguments.ts';
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
  const served = serveOptions((options as NodeOptions | null)?.control);
  const node = await createHostNode(options);
  if (served === undefined) return node;
  try {
    await serve(node, served);
    return node;
  } catch (problem) {
    await node.close({ drainMs: 0 });
    throw problem;
  }
}

/** Undefined: nobody is to attach. */
function serveOptions(control: unknown): ServeOptions | undefined {
  if (control === undefined || control === false) return undefined;
  if (control === true) return {};
  if (typeof control !== 'object' || control === null)
    throw new TypeError(`control is true or { path: PATH_OF_A_SOCKET }, got ${shown(control)}`);
  checkOptions('control', control, ['path']);
  const { path } = control as { readonly path?: unknown };
  checkText('control: path', path);
  return path === undefined ? {} : { control: path as string };
}
