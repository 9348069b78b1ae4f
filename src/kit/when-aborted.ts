/**
 * Who wants to know that a signal has fired.
 *
 * Used wherever a program gives a signal. Such a signal often lives as long as its program, and what it ends does not:
 * invariant: nothing of what has ended is kept for it, and however many wait for a signal, it has one listener of ours, so
 * that Node.js has no reason to warn of a leak.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

const nothing = (): void => undefined;

/** Calls `act` once the signal fires, at once where it has. @returns Call it when that does not matter any more. */
export function whenAborted(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return nothing;
  if (signal.aborted) {
    act();
    return nothing;
  }
  const known = waiting.get(signal);
  const acts = known ?? new Set<() => void>();
  if (known === undefined) {
    waiting.set(signal, acts);
    signal.addEventListener('abort', fired, { once: true });
  }
  // Of its own: the same function may be given twice.
  const own = (): void => act();
  acts.add(own);
  return () => {
    if (!acts.delete(own) || acts.size > 0 || waiting.get(signal) !== acts) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', fired);
  };
}

function fired({ currentTarget }: Event): void {
  const signal = currentTarget as AbortSignal;
  const acts = waiting.get(signal) ?? [];
  waiting.delete(signal);
  for (const act of acts) isolated(act);
}

/** As of listeners of their own: what one of them throws is uncaught, and the others are called all the same. */
function isolated(act: () => void): void {
  try {
    act();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
