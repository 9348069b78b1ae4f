/**
 * The features of every node, in the order in which the kernel asks and calls them: one line for each.
 *
 * Topology comes first: at the end of a turn routes are settled before any other feature speaks. A feature comes after
 * those that it needs. The other lists are `api.ts` (public names), `limits.ts`, `cli.ts` and `sim.ts`.
 */
import { calls } from './calls/feature.ts';
import { channels } from './channels/feature.ts';
import { conversations } from './conversations/feature.ts';
import { discovery } from './discovery/feature.ts';
import { formation } from './formation/feature.ts';
import { letters } from './letters/feature.ts';
import { messaging } from './messaging/feature.ts';
import { swarm } from './swarm/feature.ts';
import { topology } from './topology/feature.ts';

export const features = [
  topology,
  discovery,
  messaging,
  calls,
  channels,
  formation,
  swarm,
  conversations,
  letters,
] as const;
