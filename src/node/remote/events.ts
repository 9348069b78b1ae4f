/** `events`: what happens to this node and its mesh, from now on; ends with the node. */
import * as v from 'valibot';
import { streamOperation } from '../../kit/operation.ts';
import type { NodeEvents, SkeinNode } from '../node.ts';

const eventTypes = [
  'node:up',
  'node:down',
  'link:up',
  'link:down',
  'formation:broker',
  'warning',
  'close',
] as const satisfies readonly (keyof NodeEvents)[];

export type NodeEventJson = {
  [Type in keyof NodeEvents]: { readonly type: Type; readonly detail: NodeEvents[Type] };
}[keyof NodeEvents];

/** A reader this far behind is told so once, and loses what it did not read. */
const waitingEventsMax = 10_000;

export const events = streamOperation({
  name: 'events',
  summary: 'Nodes and links that come and go, warnings, the end of the node.',
  input: v.strictObject({}),
  run: async (node, _input, signal) => eventsOf(node, signal),
});

/** The listeners stand when this returns, before anybody has asked for a first item. */
function eventsOf(node: SkeinNode, signal: AbortSignal): AsyncIterable<NodeEventJson> {
  const waiting: NodeEventJson[] = [];
  let ended = signal.aborted;
  let wake = () => {};
  const put = (event: NodeEventJson) => {
    if (waiting.length >= waitingEventsMax) waiting.splice(0, waiting.length, tooSlow);
    waiting.push(event);
    if (event.type === 'close') ended = true;
    wake();
  };
  for (const type of eventTypes) {
    node.events.addEventListener(type, (event) => put({ type, detail: event.detail } as NodeEventJson), {
      signal,
    });
  }
  signal.addEventListener('abort', () => {
    ended = true;
    wake();
  });
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
