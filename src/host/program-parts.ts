/** What Node.js offers to features in every program, with a node of its own or attached to one: by name. */
import { eventLoopPart } from '../kit/event-loop.ts';
import { handlerThreadsPart } from '../kit/handler-threads.ts';
import { machinePart } from '../kit/machine.ts';
import { eventLoop } from './event-loop.ts';
import { machine } from './machine.ts';
import { handlerThreads } from './threads/handler-threads.ts';

export const programParts: Readonly<Record<string, unknown>> = {
  [machinePart]: machine,
  [handlerThreadsPart]: handlerThreads,
  [eventLoopPart]: eventLoop,
};
