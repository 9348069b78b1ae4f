/**
 * `handle` of an attached node: a handler called for each message of a stream, in order.
 *
 * Part of an attached node. Invariant: at most `bufferMessages` promises of the handler are pending at a
 * time, as on a node in this process; what it throws becomes a warning and ends nothing.
 */
import { textOfThrown } from '../../../kernel/thrown.ts';
import type { MessageStream, MessageSubscription, Taking } from '../../../kit/streams.ts';
import type { Message } from '../api.ts';

export interface HandlerPorts {
  readonly pendingMax: number;
  readonly warn: (code: string, text: string) => void;
}

export function handleStream<Body>(
  stream: MessageStream<Message<Body>> & Taking<Message<Body>>,
  handler: (message: Message<Body>) => unknown,
  ports: HandlerPorts,
): MessageSubscription {
  // A handler has nowhere to throw to: that the node is gone is told by the `close` event.
  void pump(stream, handler, ports).catch(() => {});
  return stream;
}

async function pump<Body>(
  stream: MessageStream<Message<Body>> & Taking<Message<Body>>,
  handler: (message: Message<Body>) => unknown,
  { pendingMax, warn }: HandlerPorts,
): Promise<void> {
  const pending = new Set<Promise<void>>();
  const items = stream[Symbol.asyncIterator]();
  for (;;) {
    const waiting = stream.takeNow?.();
    const next = waiting === undefined ? await items.next() : undefined;
    if (next?.done === true) return;
    const message = waiting ?? (next?.value as Message<Body>);
    const handled = call(handler, message, warn)?.finally(() => pending.delete(handled as Promise<void>));
    if (handled === undefined) continue;
    pending.add(handled);
    if (pending.size >= pendingMax) await Promise.race(pending);
  }
}

/** Undefined: it has been handled. */
function call<Body>(
  handler: (message: Message<Body>) => unknown,
  message: Message<Body>,
  warn: HandlerPorts['warn'],
): Promise<void> | undefined {
  const failed = (problem: unknown): void => {
    const text = textOfThrown(problem);
    warn('handler', `a handler failed for ${String(message)}: ${text}`);
  };
  try {
    const result = handler(message);
    const isPending = typeof (result as PromiseLike<unknown> | undefined)?.then === 'function';
    return isPending ? Promise.resolve(result).then(() => undefined, failed) : undefined;
  } catch (problem) {
    failed(problem);
    return undefined;
  }
}
