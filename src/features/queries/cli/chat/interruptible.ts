/** Ends the wait for work that cannot be taken back. Called for each line of a chat. */

/** What the work gives, or the reason of the signal where that fires first: the work may go on, and nobody hears of it. */
export async function interruptible<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let fire = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    fire = () => reject(signal.reason as Error);
    signal.addEventListener('abort', fire, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener('abort', fire);
  }
}
