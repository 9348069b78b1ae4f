/**
 * `attach`: the same interface as a node in this process, to a `skein up` that runs on this machine.
 *
 * Called by programs. Invariant: it never starts a node and never ends one.
 */
import { checkOptions, checkText } from '../kit/arguments.ts';
import type { SkeinNode } from '../node/node.ts';
import { findControl } from './find.ts';

export interface AttachOptions {
  /** The node's name. Default: the only node that runs on this machine. */
  readonly node?: string;
  /** Path of its control socket, instead of a name. */
  readonly control?: string;
}

/**
 * @throws TypeError for an option that there is not; SkeinError SKEIN_NOT_RUNNING when no such node runs here, SKEIN_AMBIGUOUS when several do and
 * none is named.
 */
export async function attach(options: AttachOptions = {}): Promise<SkeinNode> {
  checkOptions('attach', options, ['node', 'control']);
  checkText('attach: node', options.node);
  checkText('attach: control', options.control);
  const path = findControl(options);
  // A program that only makes a node does not load what a client needs.
  const [{ attachedNode }, { ControlClient }] = await Promise.all([
    import('./attached-node.ts'),
    import('./client.ts'),
  ]);
  const client = new ControlClient(path);
  try {
    return attachedNode(client, await client.call('status', {}));
  } catch (problem) {
    client.close();
    throw problem;
  }
}
