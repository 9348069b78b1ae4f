/** What has arrived and was not waited for yet: `wait` ends with the next. */
export class Arrivals {
  private count = 0;
  private waiting: (() => void) | undefined;

  arrived(): void {
    this.count++;
    this.waiting?.();
  }

  /** Resolves once something has arrived since the last wait; rejects when the signal fires. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.count === 0) {
      await new Promise<void>((resolve, reject) => {
        this.waiting = resolve;
        const gaveUp = (): void => reject(signal.reason as Error);
        if (signal.aborted) gaveUp();
        else signal.addEventListener('abort', gaveUp, { once: true });
      });
    }
    this.waiting = undefined;
    this.count = 0;
  }
}
