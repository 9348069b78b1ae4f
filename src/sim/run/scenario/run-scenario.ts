/**
 * One scenario in virtual time, from its first step to its report.
 *
 * Who calls it: `skein sim FILE` and the tests. Invariant: whatever goes wrong is in the report's failures;
 * the same scenario with the same seed gives the same report.
 */

import { stackOf } from '../../world/world.ts';
import { type RunRecord, RunRecorder } from '../svg/recorder.ts';
import { Director, type DirectorWatcher, type LogEntry } from './director.ts';
import type { EndState } from './end-state.ts';
import { FigureWatch, type ScenarioFigures } from './figure-watch.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedStage } from './simulated-stage.ts';

/** What a scenario came to in virtual time. It passed if `failures` is empty. */
export interface ScenarioReport {
  /** Name of the scenario. */
  readonly name: string;
  /** What it says of itself. Undefined: nothing. */
  readonly about: string | undefined;
  /** The seed that it was played with. */
  readonly seed: number;
  /** How many members there were, twins included. */
  readonly nodes: number;
  /** What happened, in order. */
  readonly log: readonly LogEntry[];
  /** How long joins, losses and healing took. */
  readonly figures: ScenarioFigures;
  /** The state at the end. Undefined: it broke off before. */
  readonly end: EndState | undefined;
  /** Empty when all expectations were met and nothing broke. */
  readonly failures: readonly string[];
  /** Virtual milliseconds from the beginning to the end. */
  readonly virtualMs: number;
  /** Events of the simulated world. */
  readonly events: number;
  /** Equal for equal runs. */
  readonly traceHash: string;
  /** The command that plays it again in the same way. */
  readonly repeat: string;
}

/** A scenario that was played: its report, and what a picture of it is drawn from. */
export interface ScenarioRun {
  /** What it came to. */
  readonly report: ScenarioReport;
  /** What a picture is drawn from. */
  readonly record: RunRecord;
}

export interface ScenarioRunOptions {
  /** Instead of the scenario's own. */
  readonly seed?: number;
  /** How the file is called in the command that repeats the run. */
  readonly file?: string;
}

/** Plays a scenario in virtual time. What goes wrong is in the failures of its report; it does not throw. */
export async function runScenario(
  scenario: Scenario,
  options: ScenarioRunOptions = {},
): Promise<ScenarioRun> {
  const seed = options.seed ?? scenario.seed;
  const recorder = new RunRecorder();
  const stage = new SimulatedStage(scenario, seed, recorder);
  const figures = new FigureWatch(
    stage.mesh,
    scenario.members.filter(({ name, nodeName }) => name === nodeName).length,
  );
  const director = new Director(scenario, stage, watcherOf(recorder, figures));
  let end: EndState | undefined;
  try {
    end = await director.play();
  } catch (problem) {
    stage.world.fail(stackOf(problem));
  }
  const { world } = stage;
  const record = recorder.finish();
  const report: ScenarioReport = {
    name: scenario.name,
    about: scenario.about,
    seed,
    nodes: scenario.members.length,
    log: director.log,
    figures: figures.result(),
    end,
    failures: [...director.failures, ...world.failures],
    virtualMs: world.now,
    events: world.eventCount,
    traceHash: world.hash.digest(),
    repeat: `skein sim ${quoted(options.file ?? 'FILE')} --seed ${seed}`,
  };
  stage.mesh.killAll();
  await world.run(0);
  return { report, record };
}

function watcherOf(recorder: RunRecorder, figures: FigureWatch): DirectorWatcher {
  return {
    began: (action, text) => {
      if ('as' in action && action.verb !== 'send' && action.verb !== 'twin')
        recorder.faultBegan(action.as, kindOf(action.verb), text);
      figures.began(action, text);
    },
    ended: (name) => {
      recorder.faultEnded(name);
      figures.healed(`${name} is over`);
    },
    settled: ({ missing, deliveredCount }) => recorder.settled(deliveredCount, missing.length),
  };
}

/** As the picture calls it. */
function kindOf(verb: string): string {
  return verb === 'oneWay' ? 'one-way' : verb;
}

/** A path that a shell would take apart is kept together. */
function quoted(file: string): string {
  return /^[\w./@+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}
