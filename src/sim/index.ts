/** Public names of `skein/sim`: a deterministic world that runs the very nodes production runs. */

export { Cell, Table } from '../stores/collections.ts';
export { type AnyStoreModel, type StoreModel, storeModel } from '../stores/model.ts';
export { repeatCommand, type SimulationOptions } from './run/options.ts';
export { failureLines, formatReport, type SimulationReport } from './run/report.ts';
export type { LogEntry } from './run/scenario/director.ts';
export { compareEndStates, type EndState } from './run/scenario/end-state.ts';
export { parseScenario, readScenario } from './run/scenario/parse.ts';
export { runScenario, type ScenarioReport, type ScenarioRun } from './run/scenario/run-scenario.ts';
export type { Scenario } from './run/scenario/scenario.ts';
export { formatScenario } from './run/scenario/scenario-report.ts';
export { runSimulation } from './run/simulation.ts';
export { type StartName, startNames } from './run/starts.ts';
export { drawRun } from './run/svg/picture.ts';
export { type RunRecord, RunRecorder } from './run/svg/recorder.ts';
export { workloadNames } from './run/workloads.ts';
export { GroundTruth, readGroundTruth } from './world/checkers/ground-truth.ts';
export { Safety } from './world/checkers/safety.ts';
export {
  blackHole,
  crash,
  cut,
  datagrams,
  dials,
  drift,
  type Fault,
  type FaultName,
  failingDisk,
  faultNames,
  flap,
  fullDisk,
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
  slowDisk,
  slowLinks,
  twin,
  usurper,
  vanish,
} from './world/faults/faults.ts';
export type { Life, Member, MemberOptions } from './world/member.ts';
export { Mesh, type MeshOptions } from './world/mesh.ts';
export type { MeshObserver, StopManner } from './world/mesh-observer.ts';
export type { NetworkOptions, Rule, Slowness } from './world/network/network.ts';
export { SeededRandom } from './world/random.ts';
export { World, type WorldOptions } from './world/world.ts';
