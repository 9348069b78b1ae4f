/**
 * Plays one scenario file in both worlds and demands the same end.
 *
 * Used by the two `both-worlds` tests, which share the files among them. Invariant: the real run is judged by
 * the scenario's own expectations first; then the two end states are compared, and both are shown where
 * they differ.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Director } from '../../src/sim/run/scenario/director.ts';
import { compareEndStates, type EndState } from '../../src/sim/run/scenario/end-state.ts';
import { parseScenario } from '../../src/sim/run/scenario/parse.ts';
import { runScenario } from '../../src/sim/run/scenario/run-scenario.ts';
import type { Scenario } from '../../src/sim/run/scenario/scenario.ts';
import { verdict } from '../../src/sim/run/scenario/scenario-report.ts';
import { whyNoNamespaces } from '../namespaces/network.ts';
import { needsNamespaces, ProcessStage } from './process-stage.ts';

const folder = fileURLToPath(new URL('../../examples/scenarios', import.meta.url));
/** Against what never ends: what a scenario waits for, three times as long, and its turn. */
const realTimeoutMs = 900_000;
/** More processes at a time than this for each core, and each says nothing for seconds. */
const processesPerCore = 8;

export function scenarioFiles(): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.json'));
}

/** Those that end within 5 s as real processes. */
export const shortScenarioFiles: readonly string[] = [
  'join-one-by-one.json',
  'leave.json',
  'line.json',
  'namesake-of-a-neighbor.json',
  'namesakes.json',
  'ten-at-once.json',
];

export function readScenarioFile(file: string): Scenario {
  return parseScenario(readFileSync(join(folder, file), 'utf8'));
}

/** Whatever needs many processes waits until there is room for them; what is larger than all the room is alone. */
class Turns {
  private free: number;
  private readonly all: number;
  private readonly waiting: { readonly size: number; readonly begin: () => void }[] = [];

  constructor(all: number) {
    this.all = all;
    this.free = all;
  }

  async take<T>(wanted: number, run: () => Promise<T>): Promise<T> {
    const size = Math.min(wanted, this.all);
    await new Promise<void>((begin) => {
      this.waiting.push({ size, begin });
      this.beginNext();
    });
    try {
      return await run();
    } finally {
      this.free += size;
      this.beginNext();
    }
  }

  private beginNext(): void {
    for (
      let first = this.waiting[0];
      first !== undefined && first.size <= this.free;
      first = this.waiting[0]
    ) {
      this.waiting.shift();
      this.free -= first.size;
      first.begin();
    }
  }
}

const turns = new Turns(processesPerCore * availableParallelism());

/** @param files Names in `examples/scenarios`. */
export function inBothWorlds(files: readonly string[]): void {
  const reason = whyNoNamespaces();
  describe.concurrent('a scenario ends alike, simulated and as real processes', () => {
    for (const file of files) {
      const scenario = readScenarioFile(file);
      test(scenario.name, { timeout: realTimeoutMs }, async ({ skip }) => {
        if (reason !== undefined && needsNamespaces(scenario)) skip(reason);
        const simulated = await playSimulated(scenario, file);
        const real = await turns.take(scenario.members.length, () => playReal(scenario));
        expect(real.failures.join('\n')).toBe('');
        const differences = compareEndStates(simulated, real.end);
        expect(differences, bothTexts(simulated, real.end)).toEqual([]);
      });
    }
  });
}

async function playSimulated(scenario: Scenario, file: string): Promise<EndState> {
  const { report } = await runScenario(scenario, { file: `examples/scenarios/${file}` });
  if (report.end === undefined || report.failures.length > 0) throw new Error(verdict(report).join('\n'));
  return report.end;
}

async function playReal(
  scenario: Scenario,
): Promise<{ readonly end: EndState; readonly failures: readonly string[] }> {
  const stage = await ProcessStage.open(scenario);
  try {
    const director = new Director(scenario, stage);
    const end = await director.play();
    console.log(`${scenario.name}: ${(stage.now / 1000).toFixed(1)} s as real processes`);
    return { end, failures: director.failures };
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

function bothTexts(simulated: EndState, real: EndState): string {
  return `simulated ${JSON.stringify(simulated, null, 1)}\nreal ${JSON.stringify(real, null, 1)}`;
}
