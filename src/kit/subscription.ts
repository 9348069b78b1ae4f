/** What a program holds of a handler that it has given: until it is closed, by call or by a signal. */
import type { MessageSubscription } from './streams.ts';
import { whenAborted } from './when-aborted.ts';

/** @param signal Closes it; closed in another way it is forgotten by the signal. */
export function subscription(
  opened: Promise<void>,
  close: () => void | Promise<void>,
  signal: AbortSignal | undefined,
): MessageSubscription {
  let forget = (): void => undefined;
  const closed = async (): Promise<void> => {
    forget();
    await close();
  };
  forget = whenAborted(signal, () => void closed());
  return { opened, close: closed, [Symbol.asyncDispose]: closed };
}
