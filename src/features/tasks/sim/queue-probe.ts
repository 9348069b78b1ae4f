/**
 * What the queue promises, tried in a mesh at rest: the order of priorities, that a drained worker takes on nothing, and
 * that a large task is not passed for ever.
 *
 * Who calls it: the workload's conclusion, once all that was ordered has ended, so that nothing else is queued. It knows the
 * order in which tasks are to begin from what it has ordered alone. Invariant: it only orders, works and complains.
 */
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { ManyOrder, Task, TaskPriority } from '../api.ts';
import { taskLimits } from '../core/limits.ts';

const turnsMax = 7;
/** What was said to a worker is heard by then, and a task is offered and assigned. */
const heardMs = 1500;
const endedLimitMs = 60_000;
/** Seats of the worker whose large task needs all of them. */
const seats = 16;
/** Some more than may pass it. */
const smallCount = taskLimits.taskPassedMax + seats + 8;
const smallMsMin = 300;
const smallMsMax = 1200;

export class QueueProbe {
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly random: SeededRandom;

  constructor(mesh: Mesh, checks: CheckCounts) {
    this.mesh = mesh;
    this.checks = checks;
    this.random = mesh.world.random.fork('tasks in turn');
  }

  /** @param withPassing It takes a hundred tasks. */
  async run(lives: readonly Life[], withPassing: boolean): Promise<void> {
    if (lives.length === 0) return;
    const [author, worker] = [this.random.pick(lives), this.random.pick(lives)];
    await this.turns(author, worker);
    if (withPassing) await this.passing(author, worker);
  }

  // ── priorities, and draining ──────────────────────────────────────────────────────────────────────

  private async turns(author: Life, worker: Life): Promise<void> {
    const { world } = this.mesh;
    const begun: number[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const work = worker.node.tasks.work('turn', ({ input }) => {
      begun.push(input as number);
      return released;
    });
    const order = (input: number, priority: TaskPriority): Promise<Task> =>
      world.resolve(author.node.tasks.order('turn', input, { ifInfeasible: 'queue', priority }));
    await world.resolve(author.node.tasks.drain(worker.node.name));
    await world.run(heardMs);
    // The one that all the others wait behind.
    const tasks = [await order(0, 3)];
    await world.run(heardMs);
    count(this.checks, 'drained workers take on nothing', 1);
    if (begun.length > 0) world.fail(`${worker.node.name} has begun a task, and is drained`);
    await world.resolve(author.node.tasks.drain(worker.node.name, 'off'));
    await world.runUntil(() => begun.length > 0, endedLimitMs);
    const expected: number[] = [];
    for (let input = 1; input <= turnsMax; input++) {
      const priority = this.random.pick([1, 2, 3] as const);
      tasks.push(await order(input, priority));
      expected.splice(placeOf(priority, expected.length), 0, input);
    }
    release();
    await this.ended(tasks);
    count(this.checks, 'turns by priority', turnsMax);
    if (begun.join() !== [0, ...expected].join())
      world.fail(`tasks are begun in the order ${begun.join(' ')}, not ${[0, ...expected].join(' ')}`);
    await world.resolve(work.close());
  }

  // ── passing ───────────────────────────────────────────────────────────────────────────────────────

  /** One task needs all seats of the only worker; those that come after it need one, and end one after the other. */
  private async passing(author: Life, worker: Life): Promise<void> {
    const { world } = this.mesh;
    let passed = 0;
    let isBegun = false;
    let smallBegun = 0;
    const handler = ({ input }: { readonly input: unknown }): Promise<void> | undefined => {
      if (input === 'large') {
        isBegun = true;
        passed = smallBegun - seats;
        return undefined;
      }
      smallBegun++;
      const ms = this.random.integer(smallMsMin, smallMsMax);
      return new Promise((resolve) => worker.platform.after(ms, resolve));
    };
    const work = worker.node.tasks.work('seat', handler, {
      concurrency: seats,
      resources: { seat: seats },
    });
    const small: ManyOrder = {
      ...{ service: 'seat', input: 'small', ifInfeasible: 'queue' },
      resources: { seat: 1 },
    };
    const many = (length: number): Promise<Task[]> =>
      world.resolve(author.node.tasks.orderMany(Array.from({ length }, () => small)));
    const tasks = await many(seats);
    await world.runUntil(() => smallBegun === seats, smallMsMin);
    const large = author.node.tasks.order('seat', 'large', {
      ifInfeasible: 'queue',
      resources: { seat: seats },
    });
    const behind = many(smallCount);
    tasks.push(await world.resolve(large), ...(await behind));
    await this.ended(tasks);
    count(this.checks, 'passed at most 64 times', 1);
    if (!isBegun) world.fail('a task that needs all seats of its worker is not begun');
    if (passed > taskLimits.taskPassedMax)
      world.fail(`a task that needs all seats of its worker was passed ${passed} times`);
    await world.resolve(work.close());
  }

  private async ended(tasks: readonly Task[]): Promise<void> {
    const { world } = this.mesh;
    const open = new Set(tasks);
    for (const task of tasks)
      task.result().then(
        () => open.delete(task),
        () => undefined,
      );
    world.touchProgram();
    await world.runUntil(() => open.size === 0, endedLimitMs);
    for (const task of open) {
      const { state, why = [] } = (await world.resolve(task.status())) ?? {};
      world.fail(`task ${task.id}, ordered in a mesh at rest, is ${state}: ${why.join('; ')}`);
    }
  }
}

/** 1 is put before all that wait, 2 into their middle, 3 behind them. */
function placeOf(priority: TaskPriority, waiting: number): number {
  return { 1: 0, 2: Math.ceil(waiting / 2), 3: waiting }[priority];
}
