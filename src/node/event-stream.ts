/**
 * The events of a node as a stream of JSON: what the operation `events` gives.
 *
 * Invariant: the listeners stand when `eventsOf` returns; a reader that falls too far behind is told once, and loses
 * what it did not read.
 */
import type { LocalNode, NodeEvents } from './node.ts';

export type NodeEventJson = {
  [Type in keyof NodeEvents]: { readonly type: Type; readonly detail: NodeEvents[Type] };
}[keyof NodeEvents];

const waitingEventsMax = 10_000;

/** The listeners stand when this returns, before anybody has asked for a first item. */
export function eventsOf(node: LocalNode, signal: AbortSignal): AsyncIterable<NodeEventJson> {
  const waiting: NodeEventJson[] = [];
  let ended = signal.aborted;
  let wake = () => {};
  const put = (event: NodeEventJson) => {
    if (waiting.length >= waitingEventsMax) waiting.splice(0, waiting.length, tooSlow);
    waiting.push(event);
    if (event.type === 'close') ended = true;
    wake();
  };
  const listeners = node.eventTypes.map((type) => {
    const listener = (event: CustomEvent): void => put({ type, detail: event.detail } as NodeEventJson);
    node.events.addEventListener(type, listener as never);
    return () => node.events.removeEventListener(type, listener as never);
  });
  // One: Node.js takes more than ten on a signal for a leak, and warns.
  const abort = (): void => {
    for (const remove of listeners) remove();
    ended = true;
    wake();
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return (async function* () {
    for (;;) {
      yield* waiting.splice(0);
      if (waiting.length > 0) continue;
      if (ended) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  })();
}

const tooSlow: NodeEventJson = {
  type: 'warning',
  detail: {
    code: 'events-lost',
    text: `this reader was ${waitingEventsMax} events behind and lost them: read faster`,
  },
};
