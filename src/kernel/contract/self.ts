/** A node as its own features see it. A part of the contracts (`../contracts.ts`). */
import type { Instance, NodeId } from '../identity.ts';

/** Oneself, as all features see it. */
export interface SelfView {
  /** Id of this node: the first 48 bits of SHA-256 of its name. */
  readonly id: NodeId;
  /** Name of this node, unique in the mesh. */
  readonly name: string;
  /** Namespace that this node was started in. */
  readonly namespace: string;
  /** This incarnation of the node. */
  readonly instance: Instance;
  /** Version text of this program. */
  readonly version: string;
  /** Milliseconds that its event loop may block before neighbors may declare it dead. */
  readonly stallToleranceMs: number;
  /** Addresses that this node announces, `host:port`. */
  readonly addresses: readonly string[];
  /** Names of the services that this node offers, whichever feature offered them. A live view. */
  readonly services: ReadonlySet<string>;
  /** Announcement sections by feature name. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** Kernel time of the start. */
  readonly startedAt: number;
}
