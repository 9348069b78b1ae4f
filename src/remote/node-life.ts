/** The life of a node, as its clients are told of it. Who calls it: the control server and its sessions. */
import { setMaxListeners } from 'node:events';
import type { LocalNode } from '../node/node.ts';

/** What clients are told of the node itself: whether it is the one that they knew. */
export interface NodeLife {
  /** Its name, and its instance: another after each start. */
  readonly said: { readonly name: string; readonly life: string };
  /** Fires once it has closed. */
  readonly ended: AbortSignal;
}

export function lifeOf(node: LocalNode): NodeLife {
  const ended = new AbortController();
  // Each stream of a client may add one: that is no leak.
  setMaxListeners(0, ended.signal);
  // Its streams end in this very turn: by the time that is told to clients, it is known here.
  node.events.addEventListener('close', () => {
    ended.abort();
  });
  return {
    get said() {
      return { name: node.name, life: node.instance };
    },
    ended: ended.signal,
  };
}
