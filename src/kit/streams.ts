/**
 * Shapes that all features share with programs: waiting, streams with an explicit end, events.
 *
 * Implemented by the kit and the node, in this process and attached alike. Names no feature.
 */

/** For calls that wait. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. The default stands with each call. */
  readonly timeoutMs?: number;
  /** Gives the wait up when it fires: SKEIN_ABORTED. */
  readonly signal?: AbortSignal;
}

/** For what goes on until somebody ends it. */
export interface StreamOptions {
  /** Ends it when it fires, as `close` does. */
  readonly signal?: AbortSignal;
}

/** An async iterable with an explicit end. Leaving the loop closes it. */
export interface MessageStream<Item> extends AsyncIterable<Item>, AsyncDisposable {
  /** Resolves once the node itself is collecting for this stream. */
  readonly opened: Promise<void>;
  /** Ends it; what waits is dropped. Resolves once the node collects no more. */
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
  /** Ends it; what it is at work on goes on. */
  close(): Promise<void>;
}

/** An EventTarget whose events are CustomEvents with a typed `detail`. */
export interface TypedEventTarget<Events> extends EventTarget {
  /** Calls the listener for each event of this type, until the signal fires; with `once`, for the next one. */
  addEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: EventListenerOf<Events[Type]>,
    options?: boolean | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal },
  ): void;
  /** The listener is not called any more. */
  removeEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: EventListenerOf<Events[Type]>,
    options?: boolean | { capture?: boolean },
  ): void;
}

/** A function, or an object with one. */
type EventListenerOf<Detail> =
  | ((event: CustomEvent<Detail>) => void)
  | { handleEvent(event: CustomEvent<Detail>): void };
