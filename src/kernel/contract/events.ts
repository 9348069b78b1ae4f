/**
 * What the kernel reports to every behavior, and what behaviors report to people.
 *
 * A part of the contracts (`../contracts.ts`).
 */
import type { Failure } from '../errors.ts';
import type { Instance, NodeId } from '../identity.ts';
import type { NodeEntry } from './routes.ts';

/** What the kernel tells every behavior, whoever caused it. */
export type KernelEvent =
  /** A node has become reachable. */
  | { readonly type: 'node-up'; readonly node: NodeEntry }
  /** A node has become unreachable. `left`: it announced its own end; `lost`: it did not. */
  | { readonly type: 'node-down'; readonly node: NodeEntry; readonly reason: 'lost' | 'left' }
  /** An answer of the routing table may have changed. */
  | { readonly type: 'routes-changed' }
  /** A node offers other services than before. */
  | { readonly type: 'services-changed' }
  /** A service or a section of this node was set or removed: it is to be announced again. */
  | { readonly type: 'own-announcement-changed' }
  /** `self.addresses` of this node, or where its broadcasts go, have changed: interfaces came or went. */
  | { readonly type: 'addresses-changed'; readonly broadcastTargets: readonly string[] }
  /** A node was seen without a link. */
  | { readonly type: 'sighted'; readonly sighting: Sighting }
  /** The announcement sections of a reachable node are new, changed or gone: the kernel makes it `announced` calls. */
  | {
      readonly type: 'sections-changed';
      readonly node: NodeId;
      readonly before: ReadonlyMap<string, Uint8Array>;
      readonly after: ReadonlyMap<string, Uint8Array>;
    }
  /** A neighbor has fallen silent for a moment, or speaks again. */
  | { readonly type: 'link-stalled'; readonly node: NodeId; readonly stalled: boolean }
  /** A behavior shuts other nodes out than before: see `BehaviorAgent.shutOut`. */
  | { readonly type: 'shut-out-changed' }
  /** The other end of a handshake, or of a dial, said no. */
  | { readonly type: 'refused'; readonly address: string; readonly failure: Failure }
  /** Another living node of this node's own name has refused it, and stays. */
  | { readonly type: 'namesake'; readonly instance: Instance };

/** A node seen without a link: by solicitation, in the runtime folder, ... */
export interface Sighting {
  /** Name of the node that was seen, as it was found: nothing is proven. */
  readonly name: string;
  /** Namespace of the node that was seen. */
  readonly namespace: string;
  /** Incarnation of the node that was seen. */
  readonly instance: Instance;
  /** Where it can be dialed, `host:port`. */
  readonly addresses: readonly string[];
  /** Where it was seen, for `why`: `runtime folder`, `solicitation`. */
  readonly origin: string;
}

/** One line of an answer to "why": a stable code and a sentence. */
export interface Finding {
  /** Stable identifier of what was found, such as `lost`; programs compare it. */
  readonly code: string;
  /** What was found, for people. */
  readonly text: string;
}
