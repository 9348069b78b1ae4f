/**
 * A link between two kernels that breaks under them, as a cut cable or a reset connection does.
 *
 * Used by the tests beside it. Both ends are told at once; both nodes live on.
 */
import type { TestNode } from '../core/harness.ts';

export function breakLink(one: TestNode, other: TestNode): void {
  const near = one.pipeTo(other);
  for (const end of [near, near.other]) {
    end.open = false;
    end.silent = true;
    end.node.pipes.delete(end.link);
  }
  for (const end of [near, near.other]) {
    end.node.enter(() => end.node.kernel.closed(end.link, undefined, end.node.mesh.now));
  }
}
