/**
 * The features of every node, in the order in which the kernel asks and calls them: one line for each.
 *
 * Topology comes first: at the end of a turn routes are settled before any other feature speaks. A feature comes after
 * those that it needs. The other lists are `api.ts` (public names), `limits.ts`, `cli.ts` and `sim.ts`.
 */
import { availability } from './availability/feature.ts';
import { calls } from './calls/feature.ts';
import { channels } from './channels/feature.ts';
import { conversations } from './conversations/feature.ts';
import { denials } from './denials/feature.ts';
import { discovery } from './discovery/feature.ts';
import { formation } from './formation/feature.ts';
import { identity } from './identity/feature.ts';
import { letters } from './letters/feature.ts';
import { log } from './log/feature.ts';
import { messaging } from './messaging/feature.ts';
import { queries } from './queries/feature.ts';
import { swarm } from './swarm/feature.ts';
import { tasks } from './tasks/feature.ts';
import { topology } from './topology/feature.ts';

export const features = [
  topology,
  discovery,
  messaging,
  availability,
  calls,
  channels,
  formation,
  identity,
  denials,
  swarm,
  conversations,
  letters,
  tasks,
  log,
  queries,
] as const;
