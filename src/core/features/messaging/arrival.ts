/** A message as it arrived, its body its own copy: what the inbox keeps and the program is given. */
import type { NodeId } from '../../identity.ts';

export interface Arrival {
  readonly source: NodeId;
  /** First 48 bits of the source's instance. */
  readonly life: number;
  readonly sequence: number;
  readonly kind: string;
  readonly encoding: number;
  readonly recipients: readonly NodeId[];
  /** Hops, source first and this node last; undefined where no trace was asked for. */
  readonly route: readonly NodeId[] | undefined;
  readonly body: Uint8Array;
}
