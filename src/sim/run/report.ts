/**
 * What a run found, as data and as text.
 *
 * Who calls it: the simulation makes it, the command line and the tests print it. Invariant: a report
 * says everything needed to judge a run and to repeat it; `failures` is empty if and only if it passed.
 */

import type { FaultName } from '../world/faults/faults.ts';
import type { StartName } from './starts.ts';

/** What a simulated run found, with all that is needed to repeat it. It passed if `failures` is empty. */
export interface SimulationReport {
  /** The seed of the run. */
  readonly seed: number;
  /** How many nodes there were. */
  readonly nodes: number;
  /** Links that each node was to keep; a start of `triangles` makes it 2, whatever stands here. */
  readonly degree: number;
  /** Virtual minutes of messages and faults. */
  readonly minutes: number;
  /** Of 100 packets, how many were to be lost. */
  readonly lossPercent: number;
  /** Mean one-way delay of a link, milliseconds. */
  readonly latencyMs: number;
  /** How the mesh came to be. */
  readonly start: StartName;
  /** One, or several with commas between. */
  readonly workload: string;
  /** The kinds of faults that could happen. */
  readonly faults: readonly FaultName[];
  /** From the start (islands: from their meeting) until every node knew all; undefined: never. */
  readonly converged: number | undefined;
  /** From the end of the faults until all checks of the network held. */
  readonly healedMs: number | undefined;
  /** Measured only where asked for: `joinAndCrash`. */
  readonly joinKnownToAllMs: number | undefined;
  /** Virtual milliseconds until all knew of the crash. Undefined: not measured, or never. */
  readonly crashKnownToAllMs: number | undefined;
  /** Virtual milliseconds until all knew of the node that nothing reached. Undefined: not measured, or never. */
  readonly blackHoleKnownToAllMs: number | undefined;
  /** What the mesh sent, in bytes and frames per second of virtual time. */
  readonly traffic: {
    /** Per node, in a settled mesh without messages. */
    readonly idleBytesPerSecond: number;
    readonly idleFramesPerSecond: number;
    /** The same, for each link. */
    readonly idleBytesPerLinkSecond: number;
    /** Per node, over the whole run: streams and datagrams. */
    readonly totalBytesPerSecond: number;
  };
  /** By feature that programs used: how many of what they did came to what (`done`, or a code). */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How often each checker looked. */
  readonly checks: Readonly<Record<string, number>>;
  /** What happened when, one line each. */
  readonly faultLog: readonly string[];
  /** What was wrong, a text each. Empty: the run passed. */
  readonly failures: readonly string[];
  /** Virtual milliseconds of the whole run. */
  readonly virtualMs: number;
  /** Events of the whole run. */
  readonly events: number;
  /** Equal for equal runs: over every event and every byte. */
  readonly traceHash: string;
  /** The one command that repeats this run. */
  readonly repeat: string;
  /** Only where asked for. */
  readonly trace: readonly string[] | undefined;
}

/** Some twenty lines for a person; the failures last, with the command that repeats them. */
export function formatReport(report: SimulationReport): string {
  const { traffic } = report;
  const lines = [
    `seed ${report.seed}: ${report.nodes} nodes, degree ${report.degree}, ${report.latencyMs} ms links, ${report.lossPercent}% loss, ${report.start} start, ${report.workload} workload, faults: ${report.faults.join(',') || 'none'}`,
    `${(report.virtualMs / 1000).toFixed(1)} s of virtual time, ${report.events} events, trace ${report.traceHash}`,
    report.converged === undefined
      ? 'all never knew all'
      : `all knew all after      ${milliseconds(report.converged)}`,
    ...(report.faultLog.length === 0 ? [] : [`healed after            ${milliseconds(report.healedMs)}`]),
    ...figures(report),
    `idle, per node          ${traffic.idleBytesPerSecond.toFixed(0)} bytes/s, ${traffic.idleFramesPerSecond.toFixed(1)} frames/s`,
    `whole run, per node     ${traffic.totalBytesPerSecond.toFixed(0)} bytes/s`,
    ...Object.entries(report.counts).flatMap(([feature, counts]) => outcomeLines(feature, counts)),
    `faults                  ${report.faultLog.length}`,
    'checks',
    ...Object.entries(report.checks).map(([name, times]) => `  ${name}: ${times}`),
  ];
  if (report.failures.length === 0) lines.push('no failures', `repeat with: ${report.repeat}`);
  else lines.push(...failureLines(report));
  return lines.join('\n');
}

function outcomeLines(what: string, counts: Readonly<Record<string, number>>): string[] {
  const outcomes = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  if (outcomes.length === 0) return [];
  return [`${what.padEnd(24)}${outcomes.map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`];
}

/** The failures and the command that repeats them: what a test prints. */
export function failureLines(report: SimulationReport): string[] {
  return [
    `FAILED: ${report.failures.length} failures`,
    ...report.failures.map((failure) => `  ${failure}`),
    `repeat with: ${report.repeat}`,
  ];
}

function figures(report: SimulationReport): string[] {
  if (report.joinKnownToAllMs === undefined && report.crashKnownToAllMs === undefined) return [];
  return [
    `a join known to all     ${milliseconds(report.joinKnownToAllMs)}`,
    `a crash known to all    ${milliseconds(report.crashKnownToAllMs)}`,
    `a black hole, the same  ${milliseconds(report.blackHoleKnownToAllMs)}`,
  ];
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? 'never' : `${value.toFixed(0)} ms`;
}
