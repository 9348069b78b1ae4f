/**
 * The features that simulated programs use: the one place that names them for the simulator.
 *
 * Who imports it: the simulation (`sim/run/workloads.ts`) and the swarm. Everything that depends on which there are
 * comes from this list: the names of `skein sim --workload`, what the swarm draws, the counts of a report. Invariant:
 * one line each; the order is that in which workloads are made, started and concluded.
 */
import type { SimulatedFeature } from '../sim/world/workload.ts';
import availability from './availability/sim.ts';
import calls from './calls/sim.ts';
import channels from './channels/sim.ts';
import formation from './formation/sim.ts';
import letters, { conversations, impostors } from './letters/sim.ts';
import log from './log/sim.ts';
import messaging from './messaging/sim.ts';
import queries from './queries/sim.ts';
import swarm from './swarm/sim.ts';
import tasks from './tasks/sim.ts';

export const simulatedFeatures: readonly SimulatedFeature[] = [
  messaging, // messages to one, some and all
  calls, // requests to services
  channels, // streams of bytes between two nodes
  formation, // a broker, and pairs that it names
  letters, // letters that a broker keeps
  conversations, // who talks with whom
  impostors, // nodes under the name of another one
  log, // what has happened, read, followed and kept
  availability, // which nodes take work
  queries, // questions to nodes and to the swarm
  tasks, // work that the swarm keeps
  swarm, // who is shut out: one list, over restarts and partitions
];
