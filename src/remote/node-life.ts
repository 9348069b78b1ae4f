/** The life of a node, as its clients are told of it. Who calls it: the control server and its sessions. */
import type { LocalNode } from '../node/node.ts';

/** What clients are told of the node itself: whether it is the one that they knew. */
export interface NodeLife {
  /** Its name, and its instance: another after each start. */
  readonly said: { readonly name: string; readonly life: string };
  readonly hasEnded: boolean;
}

export function lifeOf(node: LocalNode): NodeLife {
  let hasEnded = false;
  // Its streams end in this very turn: by the time that is told to clients, it is known here.
  node.events.addEventListener('close', () => {
    hasEnded = true;
  });
  return {
    get said() {
      return { name: node.name, life: node.instance };
    },
    get hasEnded() {
      return hasEnded;
    },
  };
}
