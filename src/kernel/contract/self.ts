/** A node as its own features see it. A part of the contracts (`../contracts.ts`). */
import type { Instance, NodeId } from '../identity.ts';

/** Oneself, as all features see it. */
export interface SelfView {
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly services: ReadonlySet<string>;
  /** Announcement sections by feature name. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** Kernel time of the start. */
  readonly startedAt: number;
}
