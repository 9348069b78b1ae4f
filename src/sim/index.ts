/** Public names of `skein/sim`: a deterministic world that runs the very nodes production runs. */

export { GroundTruth, readGroundTruth } from './checkers/ground-truth.ts';
export { Safety } from './checkers/safety.ts';
export {
  blackHole,
  crash,
  cut,
  datagrams,
  dials,
  drift,
  type Fault,
  type FaultName,
  faultNames,
  flap,
  jump,
  type LieKind,
  leave,
  liar,
  lieKinds,
  loss,
  type Memory,
  oneWay,
  parseFaults,
  partition,
  pause,
  restart,
  restartNow,
  slow,
  slowLinks,
  twin,
  usurper,
  vanish,
} from './faults/faults.ts';
export {
  type Life,
  type Member,
  type MemberOptions,
  Mesh,
  type MeshObserver,
  type MeshOptions,
  type StopManner,
} from './mesh.ts';
export type { NetworkOptions, Rule, Slowness } from './network/network.ts';
export { repeatCommand, type SimulationOptions } from './options.ts';
export { failureLines, formatReport, type SimulationReport } from './report.ts';
export type { LogEntry } from './scenario/director.ts';
export { compareEndStates, type EndState } from './scenario/end-state.ts';
export { parseScenario, readScenario } from './scenario/parse.ts';
export { runScenario, type ScenarioReport, type ScenarioRun } from './scenario/run-scenario.ts';
export type { Scenario } from './scenario/scenario.ts';
export { formatScenario } from './scenario/scenario-report.ts';
export { runSimulation } from './simulation.ts';
export { type StartName, startNames } from './starts.ts';
export { drawRun } from './svg/picture.ts';
export { type RunRecord, RunRecorder } from './svg/recorder.ts';
export { type WorkloadName, workloadNames } from './workload.ts';
export { SeededRandom } from './world/random.ts';
export { World, type WorldOptions } from './world/world.ts';
