/**
 * What a feature's facade may use of its node. Implemented by the node (`node/ports.ts`); names no feature.
 *
 * Invariant: everything a facade does with the kernel happens through here, in a turn that is open.
 */
import type {
  AnswerOf,
  Behavior,
  InputOf,
  LinkStatistics,
  Neighbor,
  SelfView,
  Verb,
} from '../kernel/contracts.ts';
import type { LinkStateTable } from '../kernel/routing/link-state.ts';
import type { Records } from '../kernel/routing/records.ts';
import type { FeatureShape } from './feature-shape.ts';
import type { WaitOptions } from './streams.ts';
import type { LimitedSignal } from './waiting.ts';

/** The mesh as the node's kernel knows it at this moment. */
export interface MeshView {
  /** This node. */
  readonly self: SelfView;
  /** What every node has announced. */
  readonly records: Records;
  /** The routes to them. */
  readonly table: LinkStateTable;
  /** Those at the other ends of the links, by the number of the link. */
  readonly neighbors: ReadonlyMap<number, Neighbor>;
  /** What has passed over a link; undefined once it is gone. */
  statistics(link: number): LinkStatistics | undefined;
}

/** What a facade may use of its node. */
export interface NodePorts<S extends FeatureShape = FeatureShape, B extends Behavior<S> = Behavior<S>> {
  /** The node's name of the moment: a default name may get a suffix. */
  readonly name: string;
  /** The namespace of the node. */
  readonly namespace: string;
  /** Kernel time in milliseconds. */
  readonly now: number;
  /** The mesh as it is known at this moment. */
  readonly mesh: MeshView;
  /** What the node was given for this feature. */
  readonly settings: S['settings'];
  /**
   * The fast path: this feature's behavior in the kernel of the moment, to be called after `enter`. It spares a
   * promise, a token and a command for each call.
   */
  readonly behavior: B;
  /** Opens a turn of the kernel for calls of `behavior`. @throws SkeinError SKEIN_CLOSED */
  enter(): void;
  /** The same; false when the node has ended. */
  tryEnter(): boolean;
  /** A command of this feature. @throws SkeinError: what the behavior answers; SKEIN_CLOSED */
  ask<V extends Verb<S['commands']>>(
    verb: V,
    input: InputOf<S['commands'], V>,
  ): Promise<AnswerOf<S['commands'], V>>;
  /** The same, with the token by which another command can refer to it. */
  begin<V extends Verb<S['commands']>>(
    verb: V,
    input: InputOf<S['commands'], V>,
  ): { readonly token: number; readonly answer: Promise<AnswerOf<S['commands'], V>> };
  /** The same, when the answer does not matter; nothing happens when the node has ended. */
  tell<V extends Verb<S['commands']>>(verb: V, input: InputOf<S['commands'], V>): void;
  /** Resolves at the first moment at which nothing waits to be written. */
  drained(): Promise<void>;
  /** @throws SkeinError SKEIN_CLOSED once the node closes. */
  checkOpen(): void;
  /** Calls back once after so many milliseconds; the returned function takes it back. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Fires at the caller's signal, or once the caller's time is up. */
  limitedSignal(options: WaitOptions): LimitedSignal;
  /** Emits one of the events that this feature adds to a node. */
  emit<Type extends keyof S['nodeEvents'] & string>(type: Type, detail: S['nodeEvents'][Type]): void;
  /** Whether a program listens to one of these events; `Facade.listening` says when one begins to. */
  isListenedTo<Type extends keyof S['nodeEvents'] & string>(type: Type): boolean;
  /** Emits a `warning` event. */
  warn(code: string, text: string): void;
  /** What a feature named in `needs` shares. */
  needed<Needed extends FeatureShape>(name: string): Needed['shared'];
  /** The program uses streams from now on, which go on by ticks and not by promises alone. */
  usesStreams(): void;
  /** What the platform offers under this name to a feature that knows it; undefined where it offers nothing. */
  platformPart<Part>(name: string): Part | undefined;
}
