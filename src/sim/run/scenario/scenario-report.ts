/**
 * A played scenario as text for a person.
 *
 * Who calls it: `skein sim FILE` and the tests. Invariant: what happened comes in order of time, then the
 * figures, then the failures with the one command that repeats them.
 */
import { seconds } from './action-text.ts';
import type { LogEntry } from './director.ts';
import type { Figure } from './figure-watch.ts';
import type { ScenarioReport } from './run-scenario.ts';

/** A report as lines for a person: what happened, the figures, and the failures last. */
export function formatScenario(report: ScenarioReport): string {
  const { figures } = report;
  const heading = `${report.name}: ${report.nodes} nodes, seed ${report.seed}`;
  return [
    heading,
    ...(report.about === undefined ? [] : [report.about]),
    '',
    ...report.log.map(logLine),
    '',
    figures.allKnewAllMs === undefined
      ? 'all never knew all'
      : `all knew all after      ${milliseconds(figures.allKnewAllMs)}`,
    ...figures.detections.map((figure) => figureLine('known to all after', figure)),
    ...figures.heals.map((figure) => figureLine('all knew all again after', figure)),
    `${(report.virtualMs / 1000).toFixed(1)} s of virtual time, ${report.events} events, trace ${report.traceHash}`,
    ...verdict(report),
  ].join('\n');
}

/** The failures and the command that repeats them. */
export function verdict({ failures, repeat, log }: ScenarioReport): string[] {
  const judged = log.filter(({ met }) => met !== undefined).length;
  if (failures.length === 0)
    return [`${judged} expectation${judged === 1 ? '' : 's'} met, no failures`, `repeat with: ${repeat}`];
  return [
    `FAILED: ${failures.length} failure${failures.length === 1 ? '' : 's'}`,
    ...failures.map((failure) => `  ${failure}`),
    `repeat with: ${repeat}`,
  ];
}

function logLine({ at, text, met, tookMs }: LogEntry): string {
  const sign = met === undefined ? ' ' : met ? '+' : '!';
  const took = tookMs === undefined ? '' : ` (${milliseconds(tookMs)})`;
  return `${(at / 1000).toFixed(3).padStart(9)} s ${sign} ${text}${met === false ? ': NOT MET' : ''}${took}`;
}

function figureLine(what: string, { cause, at, ms }: Figure): string {
  return `${cause} (at ${seconds(Math.round(at))}): ${what} ${milliseconds(ms)}`;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? 'never' : `${value.toFixed(0)} ms`;
}
