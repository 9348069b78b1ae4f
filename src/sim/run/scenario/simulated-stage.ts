/**
 * The simulated stage: a mesh in virtual time, on which a scenario is played.
 *
 * Who calls it: the director, by way of `runScenario`. Invariant: everything follows from the scenario and
 * the seed; what the programs are told is written down as it happens, so that looking costs no time.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import type { SendResult } from '../../../node/node.ts';
import { Soundness } from '../../world/checkers/soundness.ts';
import { liar } from '../../world/faults/liar.ts';
import type { LieKind } from '../../world/faults/lies.ts';
import type { Life, Member } from '../../world/member.ts';
import { Mesh } from '../../world/mesh.ts';
import type { Rule } from '../../world/network/network.ts';
import { World } from '../../world/world.ts';
import type { RunRecorder } from '../svg/recorder.ts';
import type { Scenario, ScenarioMember } from './scenario.ts';
import type { Blocks, Observation, ProgramView, SendOutcome, Stage } from './stage.ts';

/** The kind of all messages of scenarios. */
const messageKind = 'scenario';
const noLinks: ReadonlySet<string> = new Set();

interface Program {
  readonly plan: ScenarioMember;
  readonly member: Member;
  readonly downs: Map<string, number>;
  readonly received: Map<string, number>;
  ended: string | undefined;
}

export class SimulatedStage implements Stage {
  readonly patience = 1;
  readonly lookEveryMs = 50;
  readonly world: World;
  readonly mesh: Mesh;
  private readonly programs = new Map<string, Program>();
  private readonly recorder: RunRecorder | undefined;
  private rule: Rule | undefined;

  constructor(scenario: Scenario, seed: number, recorder?: RunRecorder) {
    const { latencyMs, loss } = scenario.network;
    this.world = new World({ seed });
    this.mesh = new Mesh(this.world, { degree: 0, network: { latencyMs, loss } });
    this.recorder = recorder;
    this.addMembers(scenario.members);
    recorder?.follow(this.mesh);
    new Soundness(this.mesh, {});
    this.mesh.observers.push({
      started: (life) => this.listen(life),
      lost: (life, name) => raise(this.program(life.member.name).downs, name),
      ended: (life, { code }) => this.ended(life, code),
    });
  }

  get now(): number {
    return this.world.now;
  }

  // ── programs ──────────────────────────────────────────────────────────────────────────────────────

  async start(name: string): Promise<void> {
    const program = this.program(name);
    if (program.member.life !== undefined) return;
    program.ended = undefined;
    this.mesh.start(program.member);
  }

  async stop(name: string): Promise<void> {
    await this.mesh.leave(this.program(name).member);
  }

  async crash(name: string): Promise<void> {
    this.mesh.crash(this.program(name).member);
  }

  async vanish(name: string): Promise<void> {
    this.mesh.vanish(this.program(name).member);
  }

  async pause(name: string): Promise<void> {
    this.program(name).member.life?.platform.pause();
    this.recorder?.paused(name);
  }

  async resume(name: string): Promise<void> {
    this.program(name).member.life?.platform.resume();
    this.recorder?.resumed(name);
    this.world.touchProgram();
  }

  // ── the network ───────────────────────────────────────────────────────────────────────────────────

  async setPaths(blocks: Blocks): Promise<void> {
    const before = this.rule;
    this.rule = { name: 'scenario', blocks: (from, to) => blocks(from.name, to.name) };
    // The new one first: nothing may slip through between the two.
    this.mesh.network.addRule(this.rule);
    if (before !== undefined) this.mesh.network.removeRule(before);
  }

  async setLoss(share: number): Promise<void> {
    this.mesh.network.conditions.loss = share;
  }

  lie(name: string, kinds: readonly LieKind[]): () => void {
    const random = this.world.random.fork(`${name} lies from ${this.now}`);
    const fault = liar(this.program(name).member, kinds, random);
    fault.start(this.mesh);
    return () => fault.end(this.mesh);
  }

  // ── messages and links ────────────────────────────────────────────────────────────────────────────

  async send(
    from: string,
    to: readonly string[] | undefined,
    label: string,
    timeoutMs: number,
  ): Promise<SendOutcome> {
    const { life } = this.program(from).member;
    if (life === undefined) return notSent('not running', to);
    this.world.touchProgram();
    const options = { kind: messageKind, timeoutMs };
    try {
      const { deliveredCount } = await (to === undefined
        ? life.node.broadcast({ label }, options)
        : life.node.send(to, { label }, options));
      return { outcome: 'delivered', missing: [], deliveredCount };
    } catch (problem) {
      return outcomeOf(problem);
    }
  }

  dial(from: string, to: string): Promise<string> {
    return this.ask(from, (node) => node.dial(this.program(to).member.host.address));
  }

  hangup(from: string, to: string): Promise<string> {
    return this.ask(from, (node) => node.hangup(this.program(to).plan.nodeName));
  }

  // ── what is seen ──────────────────────────────────────────────────────────────────────────────────

  async observe(): Promise<Observation> {
    const statuses = await this.mesh.ask((life) => life.node.status());
    const links = new Map(
      [...statuses].map(([life, { links }]) => [life.member.name, new Set(links.map(({ node }) => node))]),
    );
    return new Map(
      [...this.programs].map(([name, program]) => [name, viewOf(program, links.get(name) ?? noLinks)]),
    );
  }

  async pass(until: number): Promise<void> {
    await this.world.run(Math.max(0, until - this.now));
  }

  // ── helpers ───────────────────────────────────────────────────────────────────────────────────────

  private addMembers(plans: readonly ScenarioMember[]): void {
    const seedsByName = new Map(plans.map(({ name }) => [name, [] as string[]]));
    for (const plan of plans) {
      const { name, nodeName, namespace, degree, discovery } = plan;
      const seeds = seedsByName.get(name) as string[];
      // Without discovery a program has no ear for broadcasts either.
      const found = { solicit: discovery, broadcastDomain: discovery ? 0 : 1 };
      const member = this.mesh.add({ name, nodeName, namespace, degree, seeds, ...found });
      this.programs.set(name, { plan, member, downs: new Map(), received: new Map(), ended: undefined });
    }
    // An address is known only once its machine is there.
    for (const { name, connect } of plans)
      seedsByName.get(name)?.push(...connect.map((seed) => this.program(seed).member.host.address));
  }

  private program(name: string): Program {
    return this.programs.get(name) as Program;
  }

  private listen(life: Life): void {
    const program = this.program(life.member.name);
    this.readAll(life, program).catch((problem: unknown) => {
      if (life.member.life === life)
        this.world.fail(`${life.member.name}: its message stream failed: ${String(problem)}`);
    });
  }

  /** A twin that gives way does what it should; whether it must is for the scenario to expect. */
  private ended(life: Life, code: string): boolean {
    this.program(life.member.name).ended = code;
    return code === 'SKEIN_NAME_TAKEN';
  }

  private async readAll(life: Life, { received }: Program): Promise<void> {
    for await (const { body } of life.node.messages<{ label: string }>({ kind: messageKind }))
      raise(received, body.label);
  }

  private async ask(from: string, question: (node: Life['node']) => Promise<unknown>): Promise<string> {
    const { life } = this.program(from).member;
    if (life === undefined) return 'not running';
    try {
      await this.world.resolve(question(life.node));
      return 'ok';
    } catch (problem) {
      return outcomeOf(problem).outcome;
    }
  }
}

/** A send's error names whoever is missing. */
export function outcomeOf(problem: unknown): SendOutcome {
  if (!(problem instanceof SkeinError)) return notSent(String(problem), []);
  const { missing = [], deliveredCount = 0 } = (problem.details ?? {}) as Partial<SendResult>;
  return { outcome: problem.code, missing: missing.map(({ node }) => node).sort(), deliveredCount };
}

export function notSent(outcome: string, to: readonly string[] | undefined): SendOutcome {
  return { outcome, missing: [...(to ?? [])].sort(), deliveredCount: 0 };
}

function viewOf({ plan, member, downs, received, ended }: Program, links: ReadonlySet<string>): ProgramView {
  const { life } = member;
  const paused = life?.platform.isPaused === true;
  return {
    name: plan.name,
    nodeName: plan.nodeName,
    state: life === undefined ? 'off' : paused ? 'paused' : 'running',
    ended,
    knows: new Set(life?.knows.keys()),
    links,
    downs,
    received,
  };
}

function raise(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
