/**
 * What the simulated programs do with queries: all answer the same one with who they are and how often they have answered,
 * some only after a while, and ask each other and the swarm.
 *
 * Who calls it: the simulation, where its workloads name `queries`. Invariant: an answer was given between its question and
 * its end, by the node that was asked, in an incarnation that ran then; with the input of that question and no other.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Machines } from '../../swarm/sim/machines.ts';
import type { Query, QueryTarget } from '../api.ts';

const queryName = 'sim-state';
const swarmShare = 0.2;
const builtInShare = 0.2;
const slowShare = 0.2;
const slowMsMax = 3000;
const throwShare = 0.05;
const timeoutMs = 4000;
/** The longest wait of a question to the swarm. */
const outstandingLimitMs = 15_000;

/** What an answer says of the state of its node. */
interface State {
  readonly name: string;
  readonly machine: string;
  readonly life: number;
  /** How often this life has answered, this time included. */
  readonly answers: number;
  readonly question: number;
  readonly isToSwarm: boolean;
}

interface Asked {
  readonly number: number;
  readonly life: Life;
  readonly target: QueryTarget;
  readonly name: string;
  readonly from: number;
  outcome: string | undefined;
}

const expected = new Set([
  ...['SKEIN_TIMEOUT', 'SKEIN_UNKNOWN_NODE', 'SKEIN_NO_ROUTE', 'SKEIN_BUSY', 'SKEIN_LOST', 'SKEIN_REFUSED'],
  'SKEIN_FAILED',
]);
const ofTheSwarm = new Set(['SKEIN_STORE', 'SKEIN_STORE_FULL', 'SKEIN_NAME_PINNED', 'SKEIN_STORE_ELSEWHERE']);

export class QueryWorkload {
  readonly counts: Record<string, number> = {};
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly machines: Machines;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  private readonly questions: Asked[] = [];
  /** By life: when it has given its answers, in order. */
  private readonly answersOf = new Map<string, number[]>();
  private isGood = false;

  constructor(mesh: Mesh, checks: CheckCounts, machines: Machines, queriesPerSecond: number) {
    this.mesh = mesh;
    this.checks = checks;
    this.machines = machines;
    this.random = mesh.world.random.fork('queries');
    this.pace = new Pace(mesh.world, this.random, queriesPerSecond, () => this.act());
    mesh.observers.push({
      started: (life) => {
        life.node.queries.answer<number>(queryName, (query) => this.answer(life, query), { swarm: true });
      },
    });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
    this.isGood = true;
  }

  async conclude(): Promise<void> {
    const { world, living } = this.mesh;
    const isOver = (): boolean =>
      this.questions.every(({ outcome, life }) => outcome !== undefined || !isRunning(life));
    await world.runUntil(isOver, outstandingLimitMs);
    for (const { number, life, outcome } of this.questions)
      if (outcome === undefined && isRunning(life))
        world.fail(`query ${number} of ${life.member.name} never ended`);
    const asked = living.flatMap((life) => {
      const others = living.filter((other) => other !== life).map(({ node }) => node.name);
      const all = others.map((name) => this.ask(life, name, queryName));
      if (!this.machines.isStranger(life)) all.push(this.ask(life, { swarm: true }, queryName));
      return all;
    });
    await world.runUntil(() => asked.every(({ outcome }) => outcome !== undefined), outstandingLimitMs);
    count(this.checks, 'queries are answered at rest', asked.length);
    for (const { life, target, outcome } of asked)
      if (outcome !== 'answered')
        world.fail(
          `in a mesh at rest a query of ${life.node.name} to ${nameOf(target)} came to ${outcome ?? 'nothing'}`,
        );
  }

  // ── answering ─────────────────────────────────────────────────────────────────────────────────────

  private answer(life: Life, { input, isToSwarm }: Query<number>): unknown {
    const state = (): State => {
      const answers = this.answersOf.get(keyOf(life)) ?? [];
      this.answersOf.set(keyOf(life), answers);
      answers.push(this.mesh.world.now);
      const { name: machine } = life.member;
      return {
        name: life.node.name,
        machine,
        life: life.number,
        answers: answers.length,
        question: input,
        isToSwarm,
      };
    };
    if (this.isGood) return state();
    if (this.random.chance(throwShare)) throw new Error('as planned');
    if (!this.random.chance(slowShare)) return state();
    return new Promise((resolve) => {
      life.platform.after(this.random.integer(1, slowMsMax), () => resolve(state()));
    });
  }

  // ── asking ────────────────────────────────────────────────────────────────────────────────────────

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const names = [...new Set(this.mesh.members.map(({ nodeName }) => nodeName))];
    const target = this.random.chance(swarmShare) ? ({ swarm: true } as const) : this.random.pick(names);
    if (typeof target === 'string' && this.random.chance(builtInShare)) this.ask(life, target, 'services');
    else this.ask(life, target, queryName);
  }

  private ask(life: Life, target: QueryTarget, name: string): Asked {
    const from = this.mesh.world.now;
    const asked: Asked = { number: this.questions.length, life, target, name, from, outcome: undefined };
    this.questions.push(asked);
    this.mesh.world.touchProgram();
    const input = name === queryName ? asked.number : undefined;
    life.node.query<unknown>(target, name, input, { timeoutMs }).then(
      (answer) => this.answered(asked, answer),
      (error: unknown) => this.failed(asked, error),
    );
    return asked;
  }

  private answered(asked: Asked, answer: unknown): void {
    this.end(asked, 'answered');
    count(this.checks, 'answers are of the node that was asked', 1);
    if (asked.name !== queryName) {
      const { queries } = answer as { readonly queries: readonly string[] };
      if (!queries.includes(queryName))
        this.fail(asked, `was answered that these are answered: ${queries.join(' ')}`);
      return;
    }
    const state = answer as State;
    const isToSwarm = typeof asked.target !== 'string';
    if (state.question !== asked.number) this.fail(asked, `has the answer to query ${state.question}`);
    if (state.isToSwarm !== isToSwarm)
      this.fail(asked, `has an answer as ${isToSwarm ? 'to a node' : 'to the swarm'}`);
    if (!isToSwarm && state.name !== asked.target) this.fail(asked, `was answered by ${state.name}`);
    const at = this.answersOf.get(`${state.machine} ${state.life}`)?.[state.answers - 1];
    if (at === undefined || at < asked.from)
      this.fail(
        asked,
        `was answered by ${state.machine} life ${state.life} at ${at?.toFixed(1)} ms, before it was asked`,
      );
  }

  private failed(asked: Asked, error: unknown): void {
    const { life, target } = asked;
    const code = error instanceof SkeinError ? error.code : String(error);
    if (code === 'SKEIN_CLOSED' || !isRunning(life) || life.isLeaving) return this.end(asked, 'author ended');
    this.end(asked, code);
    const mayBe =
      expected.has(code) ||
      (typeof target !== 'string' && ofTheSwarm.has(code)) ||
      // Its program may not have begun to answer.
      (code === 'SKEIN_SELF' && target === life.node.name);
    if (!mayBe) this.fail(asked, `ended with ${String(error)}`);
  }

  private end(asked: Asked, outcome: string): void {
    asked.outcome = outcome;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  private fail({ number, life, target }: Asked, text: string): void {
    this.mesh.world.fail(`query ${number} of ${life.member.name} to ${nameOf(target)} ${text}`);
  }
}

function keyOf({ member, number }: Life): string {
  return `${member.name} ${number}`;
}

function nameOf(target: QueryTarget): string {
  return typeof target === 'string' ? target : 'the swarm';
}
