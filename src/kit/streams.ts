/**
 * Shapes that all features share with programs: waiting, streams with an explicit end, events.
 *
 * Implemented by the kit and the node, in this process and attached alike. Names no feature.
 */

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
}

/** An async iterable with an explicit end. Leaving the loop closes it. */
export interface MessageStream<Item> extends AsyncIterable<Item>, AsyncDisposable {
  /** Resolves once the node itself is collecting for this stream. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

/** What a stream inside of skein may offer besides: items that wait are taken without a promise for each. */
export interface Taking<Item> {
  /** Undefined: none waits, or none can be had so. */
  takeNow?(): Item | undefined;
}

/** A handler at work; closing it ends it. */
export interface MessageSubscription extends AsyncDisposable {
  /** Resolves once the node itself is collecting for it. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

/** A standard EventTarget whose events are CustomEvents with a typed `detail`. */
export interface TypedEventTarget<Events> {
  addEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: (event: CustomEvent<Events[Type]>) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void;
  removeEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: (event: CustomEvent<Events[Type]>) => void,
  ): void;
}
