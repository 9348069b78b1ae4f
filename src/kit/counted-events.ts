/**
 * An EventTarget that knows which of its types somebody listens to.
 *
 * Base of a node's events and of an attached node's. Some events wait until they are heard: what emits them must know.
 * Invariant: a type counts as listened to from the first `addEventListener` that takes effect until the last of its
 * listeners is removed, by hand, by its signal, or by having been called `once`.
 */
type Listener = Parameters<EventTarget['addEventListener']>[1];
type Options = Parameters<EventTarget['addEventListener']>[2];
type RemovalOptions = Parameters<EventTarget['removeEventListener']>[2];

interface Counted {
  readonly listener: Listener;
  readonly isCapturing: boolean;
  readonly isOnce: boolean;
}

export abstract class CountedEvents extends EventTarget {
  private readonly counted = new Map<string, readonly Counted[]>();

  isListenedTo(type: string): boolean {
    return this.counted.has(type);
  }

  override addEventListener(type: string, listener: Listener, options?: Options): void {
    super.addEventListener(type, listener, options);
    const {
      capture = false,
      once = false,
      signal,
    } = typeof options === 'object' ? options : { capture: options };
    const isCapturing = capture === true;
    const before = this.counted.get(type) ?? [];
    if (listener === null || signal?.aborted === true || before.some(isThe(listener, isCapturing))) return;
    this.counted.set(type, [...before, { listener, isCapturing, isOnce: once }]);
    signal?.addEventListener('abort', () => this.uncount(type, isThe(listener, isCapturing)), { once: true });
    if (before.length === 0) this.begun(type);
  }

  override removeEventListener(type: string, listener: Listener, options?: RemovalOptions): void {
    super.removeEventListener(type, listener, options);
    const capture = typeof options === 'object' ? options.capture : options;
    this.uncount(type, isThe(listener, capture === true));
  }

  override dispatchEvent(event: Event): boolean {
    // Before they are called: one of them may add itself again.
    this.uncount(event.type, ({ isOnce }) => isOnce);
    return super.dispatchEvent(event);
  }

  /** Somebody listens to this type, and nobody did before. */
  protected abstract begun(type: string): void;

  /** Nobody listens to it any more. */
  protected over(_type: string): void {}

  private uncount(type: string, isGone: (counted: Counted) => boolean): void {
    const before = this.counted.get(type);
    const left = before?.filter((counted) => !isGone(counted));
    if (before === undefined || left === undefined || left.length === before.length) return;
    if (left.length > 0) this.counted.set(type, left);
    else {
      this.counted.delete(type);
      this.over(type);
    }
  }
}

function isThe(listener: Listener, isCapturing: boolean): (counted: Counted) => boolean {
  return (counted) => counted.listener === listener && counted.isCapturing === isCapturing;
}
