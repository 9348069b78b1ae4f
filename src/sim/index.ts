/** Public names of `skein/sim`: a deterministic world that runs the very nodes production runs. */

export {
  blackHole,
  crash,
  cut,
  drift,
  type Fault,
  type FaultName,
  faultNames,
  loss,
  oneWay,
  parseFaults,
  partition,
  pause,
  vanish,
} from './faults.ts';
export { GroundTruth, readGroundTruth } from './ground-truth.ts';
export {
  type Life,
  type Member,
  type MemberOptions,
  Mesh,
  type MeshObserver,
  type MeshOptions,
} from './mesh.ts';
export type { NetworkOptions, Rule } from './network.ts';
export { repeatCommand, type SimulationOptions } from './options.ts';
export { SeededRandom } from './random.ts';
export { failureLines, formatReport, type SimulationReport } from './report.ts';
export { runSimulation } from './simulation.ts';
export { World, type WorldOptions } from './world.ts';
