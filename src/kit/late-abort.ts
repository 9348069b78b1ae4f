/**
 * Giving up what may never be given up: the signal is made when it is asked for.
 *
 * Made for each call that can be left. Invariant: who asks for the signal late finds it aborted. An `AbortController`
 * costs more than all the rest of a short call.
 */
export class LateAbort {
  private readonly reason: (() => unknown) | undefined;
  private controller: AbortController | undefined;
  private isAborted = false;
  private listener: (() => void) | undefined;

  /** @param reason Makes the reason of the signal. */
  constructor(reason?: () => unknown) {
    this.reason = reason;
  }

  get aborted(): boolean {
    return this.isAborted;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort(this.reason?.());
    }
    return this.controller.signal;
  }

  /** One listener, without a signal. Called at once where it has happened already. */
  whenAborted(listener: () => void): void {
    if (this.isAborted) listener();
    else this.listener = listener;
  }

  abort(): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.controller?.abort(this.reason?.());
    this.listener?.();
  }
}
