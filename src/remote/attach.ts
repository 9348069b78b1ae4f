/**
 * `attach`: the same interface as a node in this process, to a `skein up` that runs on this machine.
 *
 * Called by programs. Invariant: it never starts a node and never ends one.
 */
import { checkOptions, checkText, shown } from '../kit/arguments.ts';
import type { Gap, SkeinNode } from '../node/node.ts';
import { findControl, removeAbandoned } from './find.ts';
import type { Welcome } from './session/resumable.ts';

/** Which node, and what is to become of its end. */
export interface AttachOptions {
  /** The node's name. Default: the only node that runs on this machine. */
  readonly node?: string;
  /** Path of its control socket, instead of a name. */
  readonly control?: string;
  /**
   * When the node ends or is not there for a while: connect again, to the next node of that name (or at that socket).
   * What was subscribed to goes on (messages, handlers, services, events); a `gap` event says what is known to be
   * missed. Calls under way fail, channels end; calls while it is away fail with SKEIN_NOT_RUNNING, and `ready()` waits
   * for it. Default false: the node's end is one `close` event.
   */
  readonly reconnect?: boolean;
}

/**
 * Uses a node of another process. A node that does not answer for 5 s fails what waits: SKEIN_TIMEOUT.
 * @throws TypeError for an option that there is not; SkeinError SKEIN_NOT_RUNNING when no such node runs here,
 * SKEIN_AMBIGUOUS when several do and none is named.
 */
export async function attach(options: AttachOptions = {}): Promise<SkeinNode> {
  checkOptions('attach', options, ['node', 'control', 'reconnect']);
  checkText('attach: node', options.node);
  checkText('attach: control', options.control);
  const { reconnect = false } = options;
  if (typeof reconnect !== 'boolean')
    throw new TypeError(`attach: reconnect is true or false, got ${shown(reconnect)}`);
  if (options.control === undefined) await removeAbandoned();
  const path = findControl(options);
  // A program that only makes a node does not load what a client needs.
  const [{ attachedNode }, { ControlClient }] = await Promise.all([
    import('./attached-node.ts'),
    import('./client.ts'),
  ]);
  const made: { node?: ReattachedNode } = {};
  const again = {
    find: () => findControl(made.node === undefined ? options : { node: made.node.name, ...options }),
    back: (gap: Gap, welcome: Welcome) => made.node?.back(gap, welcome),
  };
  const client = new ControlClient(path, reconnect ? { reconnect: again } : {});
  try {
    const { node, back } = attachedNode(client, await client.call('status', {}), reconnect);
    made.node = { name: node.name, back };
    return node;
  } catch (problem) {
    client.close();
    throw problem;
  }
}

/** The node, as the client that connects again knows it. */
interface ReattachedNode {
  readonly name: string;
  readonly back: (gap: Gap, welcome: Welcome) => void;
}
