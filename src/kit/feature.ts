/**
 * What a feature is: one value that ties a behavior to what programs see of it, here and in other processes.
 *
 * Every capability of skein is such a value, and so is a program's own (`createNode({ features: [mine] })`,
 * `node.use(mine)`). It names neither its commands nor its simulator workload, so that a program's bundle holds
 * neither. Invariant: everything about a feature follows from its `FeatureShape`, checked by the compiler.
 */
import type { Behavior, RecordSigner } from '../kernel/contracts.ts';
import type { SkeinError } from '../kernel/errors.ts';
import type { LinkStateTable } from '../kernel/routing/link-state.ts';
import type { Records } from '../kernel/routing/records.ts';
import type { FeatureShape } from './feature-shape.ts';
import type { NodePorts } from './node-ports.ts';
import type { Operations } from './operation.ts';
import type { Session } from './session.ts';

export type { FeatureShape } from './feature-shape.ts';

/** What a behavior is made with: once for each kernel of a node. */
export interface BehaviorParts<Settings> {
  /** What is known of all nodes. */
  readonly records: Records;
  /** The routes. */
  readonly table: LinkStateTable;
  /** Undefined: nothing is signed. */
  readonly signer: RecordSigner | undefined;
  /** What the node was given for this feature. */
  readonly settings: Settings;
  /**
   * The behavior of a feature that this one names in `needs`, as that feature's `core/shared.ts` describes it.
   * @throws Error where `needs` does not name it.
   */
  needed<Behavior>(name: string): Behavior;
}

/** What a feature does in the node's process, beyond its behavior: values, promises and streams. */
export interface Facade<S extends FeatureShape = FeatureShape> {
  /** What `node.use(feature)` returns. */
  readonly api: S['api'];
  /** What features that need this one may use, in this process only. */
  readonly shared?: S['shared'];
  /** Its behavior delivered something. */
  event?(event: S['event']): void;
  /** A program listens to this event of the node, and none did before. */
  listening?(type: string): void;
  /** One of its settings was changed while the node runs. */
  changed?(): Promise<void>;
  /** The kernel was replaced (the node took another name): go on with the new one. */
  resumed?(): void;
  /** The node is about to close: begin nothing new, and call `idle` once nothing runs. */
  drain?(idle: () => void): void;
  /** The node has ended: whatever waits ends now. */
  end?(error: SkeinError | undefined): void;
}

/** A capability as one value: what it does in the mesh, and what programs see of it. Made by `feature()`. */
export interface Feature<
  Name extends string,
  S extends FeatureShape,
  B extends Behavior<S>,
  Ops extends Operations<S['api']>,
> {
  /** Names it on the wire (its number is the first 32 bits of SHA-256 of it): 1 to 64 of `[A-Za-z0-9._-]`. */
  readonly name: Name;
  /** Names of the features that it stands on; each comes before it in the list. */
  readonly needs: readonly string[];
  /** Of `S['nodeEvents']`, so that they can be followed from other processes. */
  readonly nodeEvents?: readonly (keyof S['nodeEvents'] & string)[];
  /**
   * Of these, the ones that this feature keeps until a program listens to them. An attached program is given them only
   * while it listens to them by name.
   */
  readonly awaitedEvents?: readonly (keyof S['nodeEvents'] & string)[];
  /** Makes its part in the mesh: once for each kernel of a node. */
  behavior(parts: BehaviorParts<S['settings']>): B;
  /** Makes what programs of this process see of it: once for each node. */
  facade(node: NodePorts<S, B>): Facade<S>;
  /** What can be asked of it from another process, by name; a function where they are loaded when first asked for. */
  readonly operations: Ops | (() => Promise<Ops>);
  /** The same api in another process, over its operations. */
  attached(session: Session<Ops>): S['api'];
}

/** A feature of whatever shape: what lists hold. */
// biome-ignore lint/suspicious/noExplicitAny: a list of features has no single shape; each was checked where it was written
export type AnyFeature = Feature<string, any, any, any>;

export type BehaviorOf<F> = F extends { behavior(parts: never): infer B } ? B : never;
/** What `node.use` returns for a feature. */
export type ApiOf<F> = F extends { facade(node: never): Facade<infer S> } ? S['api'] : never;
export type SettingsOf<F> = F extends { facade(node: never): Facade<infer S> } ? S['settings'] : never;
export type NodeEventsOf<F> = F extends { facade(node: never): Facade<infer S> } ? S['nodeEvents'] : never;
export type OperationsOf<F> = F extends { attached(session: Session<infer Ops>): object } ? Ops : never;

export async function loadOperations({ operations }: AnyFeature): Promise<Operations<never>> {
  return typeof operations === 'function' ? operations() : operations;
}

/** All of a union at once: what a node has of all its features. */
export type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/**
 * Defines a feature. Curried, since TypeScript does not infer some type arguments while others are given.
 * @example export const presence = feature<PresenceShape>()({ name: 'presence', ... })
 */
export function feature<S extends FeatureShape>() {
  return <const Name extends string, B extends Behavior<S>, Ops extends Operations<S['api']>>(
    definition: Feature<Name, S, B, Ops>,
  ): Feature<Name, S, B, Ops> => definition;
}
