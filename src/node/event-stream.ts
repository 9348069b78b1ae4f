/**
 * The events of a node as a stream of JSON: what the operation `events` gives.
 *
 * Events that wait until somebody listens are given only to who names them: who looks at everything takes no report from
 * the program that it is for. Invariant: the listeners stand when `eventsOf` returns; a reader that falls too far behind hears of it once, and loses
 * what it did not read.
 */
import { SkeinError } from '../kernel/errors.ts';
import type { LocalNode, NodeEvents } from './node.ts';

export type NodeEventJson = {
  [Type in keyof NodeEvents]: { readonly type: Type; readonly detail: NodeEvents[Type] };
}[keyof NodeEvents];

const waitingEventsMax = 10_000;

/**
 * The listeners stand when this returns, before anybody has asked for a first item. It ends with the node, whether `close`
 * is among the types or not. @param wanted Default: all but those that wait until somebody listens.
 * @throws SkeinError SKEIN_INVALID
 */
export function eventsOf(
  node: LocalNode,
  signal: AbortSignal,
  wanted: readonly string[] = node.eventTypes.filter((type) => !node.awaitedEventTypes.includes(type)),
): AsyncIterable<NodeEventJson> {
  const types = node.eventTypes.filter((type) => wanted.includes(type));
  const unknown = wanted.find((type) => !types.some((each) => each === type));
  if (unknown !== undefined)
    throw new SkeinError(
      'SKEIN_INVALID',
      `events: no event is called "${unknown}"; there are ${node.eventTypes.join(', ')}`,
    );
  const waiting: NodeEventJson[] = [];
  let ended = signal.aborted;
  let wake = () => {};
  const put = (event: NodeEventJson) => {
    if (waiting.length >= waitingEventsMax) waiting.splice(0, waiting.length, tooSlow);
    if (types.includes(event.type)) waiting.push(event);
    if (event.type === 'close') ended = true;
    wake();
  };
  const listeners = [...new Set([...types, 'close' as const])].map((type) => {
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
