/**
 * All mutants, in the order in which they are judged and listed.
 *
 * Who calls it: the main program and the test that all of them apply. Invariant: no two have one name.
 */
import { callsMutants } from './calls-mutants.ts';
import { channelMutants } from './channel-mutants.ts';
import { denialsMutants } from './denials-mutants.ts';
import { discoveryMutants } from './discovery-mutants.ts';
import { formationMutants } from './formation-mutants.ts';
import { lettersMutants } from './letters-mutants.ts';
import { linkMutants } from './link-mutants.ts';
import { messagingMutants } from './messaging-mutants.ts';
import type { Mutant } from './mutant.ts';
import { routingMutants } from './routing-mutants.ts';
import { swarmMutants } from './swarm-mutants.ts';
import { tasksMutants } from './tasks-mutants.ts';
import { topologyMutants } from './topology-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...messagingMutants,
  ...topologyMutants,
  ...routingMutants,
  ...linkMutants,
  ...discoveryMutants,
  ...callsMutants,
  ...channelMutants,
  ...formationMutants,
  ...lettersMutants,
  ...denialsMutants,
  ...swarmMutants,
  ...tasksMutants,
];
