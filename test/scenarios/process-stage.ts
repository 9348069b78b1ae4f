/**
 * The stage of real processes: every member of a scenario is a `skein up`.
 *
 * Used by the tests that play scenarios in both worlds. Invariant: closing it ends every process that it
 * started and takes its machines away.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { SkeinNode } from '../../src/node/node.ts';
import type { Scenario } from '../../src/sim/run/scenario/scenario.ts';
import { notSent, outcomeOf } from '../../src/sim/run/scenario/simulated-stage.ts';
import type { Blocks, Observation, SendOutcome, Stage } from '../../src/sim/run/scenario/stage.ts';
import { LoopbackMachines } from './loopback-machines.ts';
import type { Machines } from './machines.ts';
import { NamespaceMachines } from './namespace-machines.ts';
import { RealProgram } from './real-program.ts';

const messageKind = 'scenario';

export class ProcessStage implements Stage, AsyncDisposable {
  /** Two cores for dozens of processes. */
  readonly patience = 3;
  /** Asking costs a process some time, which virtual nodes do not have to share. */
  readonly lookEveryMs = 250;
  private readonly machines: Machines;
  private readonly folder: string;
  private readonly programs: ReadonlyMap<string, RealProgram>;
  private readonly begunAt = performance.now();

  private constructor(scenario: Scenario, machines: Machines) {
    this.machines = machines;
    this.folder = mkdtempSync(join(tmpdir(), 'skein-scenario-'));
    this.programs = new Map(
      scenario.members.map((plan) => [
        plan.name,
        new RealProgram(plan, machines, join(this.folder, plan.name)),
      ]),
    );
  }

  static async open(scenario: Scenario): Promise<ProcessStage> {
    const names = scenario.members.map(({ name }) => name);
    const kind = needsNamespaces(scenario) ? NamespaceMachines : LoopbackMachines;
    return new ProcessStage(scenario, await kind.open(names));
  }

  get now(): number {
    return performance.now() - this.begunAt;
  }

  // ── programs ──────────────────────────────────────────────────────────────────────────────────────

  async start(name: string): Promise<void> {
    await this.machines.plugIn(name);
    await this.program(name).start();
  }

  stop(name: string): Promise<void> {
    return this.program(name).kill('SIGTERM');
  }

  crash(name: string): Promise<void> {
    return this.program(name).kill('SIGKILL');
  }

  async vanish(name: string): Promise<void> {
    await this.machines.unplug(name);
    await this.program(name).kill('SIGKILL');
  }

  async pause(name: string): Promise<void> {
    this.program(name).pause();
  }

  async resume(name: string): Promise<void> {
    this.program(name).resume();
  }

  // ── the network ───────────────────────────────────────────────────────────────────────────────────

  setPaths(blocks: Blocks): Promise<void> {
    return this.machines.setPaths(blocks);
  }

  setLoss(share: number): Promise<void> {
    return this.machines.setLoss(share);
  }

  // ── messages and links ────────────────────────────────────────────────────────────────────────────

  async send(
    from: string,
    to: readonly string[] | undefined,
    label: string,
    timeoutMs: number,
  ): Promise<SendOutcome> {
    const { client } = this.program(from);
    if (client === undefined) return notSent('not running', to);
    const options = { kind: messageKind, timeoutMs };
    try {
      const { deliveredCount } = await (to === undefined
        ? client.broadcast({ label }, options)
        : client.send(to, { label }, options));
      return { outcome: 'delivered', missing: [], deliveredCount };
    } catch (problem) {
      return outcomeOf(problem);
    }
  }

  dial(from: string, to: string): Promise<string> {
    return this.ask(from, (client) => client.dial(this.machines.addressOf(to)));
  }

  hangup(from: string, to: string): Promise<string> {
    return this.ask(from, (client) => client.hangup(this.program(to).plan.nodeName));
  }

  // ── what is seen ──────────────────────────────────────────────────────────────────────────────────

  async observe(): Promise<Observation> {
    const views = await Promise.all([...this.programs.values()].map((program) => program.view()));
    return new Map(views.map((view) => [view.name, view]));
  }

  async pass(until: number): Promise<void> {
    await wait(Math.max(0, until - this.now));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.programs.values()].map((program) => program.kill('SIGKILL')));
    await this.machines.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private program(name: string): RealProgram {
    return this.programs.get(name) as RealProgram;
  }

  private async ask(from: string, question: (client: SkeinNode) => Promise<unknown>): Promise<string> {
    const { client } = this.program(from);
    if (client === undefined) return 'not running';
    try {
      await question(client);
      return 'ok';
    } catch (problem) {
      return outcomeOf(problem).outcome;
    }
  }
}

/** Loopback cannot be cut, nor lose anything. */
export function needsNamespaces({ network, steps }: Scenario): boolean {
  const disturbing = new Set(['partition', 'oneWay', 'flap', 'loss', 'vanish']);
  return network.loss > 0 || steps.some(({ action }) => disturbing.has(action.verb));
}
