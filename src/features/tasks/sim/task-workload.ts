/**
 * What the simulated programs do with tasks: they order some, cancel some, follow some, and all work on them; some
 * handlers throw, some take long, some do not heed their signal.
 *
 * Who calls it: the simulation, where its workloads name `tasks`. The members are of one machine, whose disk has the store.
 * Invariant: only programs whose event loop turns act, and every order and every attempt goes to the ledger.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Job, OrderOptions, Task, TaskService } from '../api.ts';
import type { LedgerTask, TaskLedger } from './task-ledger.ts';
import type { TaskLetters } from './task-letters.ts';

const togetherMax = 4;
const keyShare = 0.5;
const cancelShare = 0.15;
const cancelMsMax = 3000;
const attemptsShare = 0.4;
const attemptsMax = 4;
const idempotentShare = 0.3;
const delayedShare = 0.1;
const delayMsMax = 3000;
const afterShare = 0.1;
const partsShare = 0.15;
const partsMax = 3;
const throwShare = 0.15;
const quickShare = 0.6;
const slowMsMax = 3000;
const stuckShare = 0.03;
const stuckMs = 20_000;
const heedlessShare = 0.3;
const progressShare = 0.3;
const followShare = 0.3;
const repeatedShare = 0.3;
const repeatedMsMax = 3000;
const letterShare = 0.25;
const drainShare = 0.05;
const drainMsMax = 2000;
const resumeAgainMs = 500;
const resumedLimitMs = 30_000;
const coresMax = 3;

interface Input {
  readonly number: number;
  /** Which of several; 0 of a task of one. */
  readonly part: number;
}

interface Output extends Input {
  readonly fence: number;
}

const service = (name: string, idempotent: boolean): TaskService<Input, Output> => ({
  ...{ name, idempotent },
  input: undefined,
  output: undefined,
});
const once = service('once', false);
const often = service('often', true);

export class TaskWorkload {
  private readonly mesh: Mesh;
  private readonly ledger: TaskLedger;
  private readonly letters: TaskLetters;
  private readonly random: SeededRandom;
  private readonly following: SeededRandom;
  private readonly repeating: SeededRandom;
  private readonly draining: SeededRandom;
  private readonly replying: SeededRandom;
  private readonly pace: Pace;
  /** At the end handlers do their work. */
  private isGood = false;

  constructor(mesh: Mesh, ledger: TaskLedger, letters: TaskLetters, tasksPerSecond: number) {
    this.mesh = mesh;
    this.ledger = ledger;
    this.letters = letters;
    this.random = mesh.world.random.fork('tasks');
    this.following = mesh.world.random.fork('tasks followed');
    this.repeating = mesh.world.random.fork('tasks repeated');
    this.draining = mesh.world.random.fork('tasks drained');
    this.replying = mesh.world.random.fork('tasks with letters');
    this.pace = new Pace(mesh.world, this.random, tasksPerSecond, () => this.act());
    mesh.observers.push({
      started: (life) => {
        this.work(life);
        this.letters.handle(life);
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

  /** None is kept from taking new ones any more. A new broker does not know all workers at once: it is asked again. */
  async resumeAll(lives: readonly Life[]): Promise<void> {
    const { world } = this.mesh;
    const until = world.now + resumedLimitMs;
    const waiting = new Set(lives.map(({ node }) => node.name));
    while (waiting.size > 0 && world.now < until) {
      for (const name of waiting) {
        const asked = (lives[0] as Life).node.tasks.drain(name, 'off');
        await world.resolve(asked.then(() => waiting.delete(name)).catch(() => undefined));
      }
      if (waiting.size > 0) await world.run(resumeAgainMs);
    }
    for (const name of waiting) world.fail(`worker ${name} could not be resumed in a mesh at rest`);
  }

  /** One of each program. */
  probe(lives: readonly Life[]): LedgerTask[] {
    return lives.map((life) => this.orderOne(life));
  }

  // ── ordering ──────────────────────────────────────────────────────────────────────────────────────

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    for (let left = this.random.integer(1, togetherMax); left > 0; left--) this.orderOne(life);
    if (this.draining.chance(drainShare)) this.drain(life, this.draining.pick(able).nodeName);
  }

  /** A worker takes nothing new for a while. */
  private drain({ node }: Life, worker: string): void {
    node.tasks.drain(worker).then(
      () => undefined,
      () => undefined,
    );
    this.mesh.world.after(this.draining.integer(1, drainMsMax), () => {
      const [able] = this.mesh.members.filter((member) => member.canAct);
      able?.life?.node.tasks.drain(worker, 'off').catch(() => undefined);
    });
  }

  private orderOne(life: Life): LedgerTask {
    const isIdempotent = this.random.chance(idempotentShare);
    const asks = this.random.chance(attemptsShare);
    const attempts = asks ? this.random.integer(2, attemptsMax) : isIdempotent ? 3 : 1;
    const hasKey = this.random.chance(keyShare);
    const number = this.ledger.tasks.length;
    const after = this.random.chance(afterShare) && !this.isGood ? this.earlier(life) : undefined;
    const isDelayed = !this.isGood && this.random.chance(delayedShare);
    const key = hasKey ? `task ${number}` : undefined;
    const count = this.random.chance(partsShare) ? this.random.integer(1, partsMax) : 0;
    const wantsLetter = this.letters.has(life) && this.replying.chance(letterShare);
    const how = { attempts, isIdempotent, key, after, parts: count, wantsLetter };
    const task = this.ledger.ordered(life, how);
    const options: OrderOptions = {
      ifInfeasible: 'queue',
      cores: this.random.integer(1, coresMax),
      priority: this.random.pick([1, 2, 3, 3, 3]),
      ...(asks ? { attempts } : {}),
      ...(wantsLetter ? { reply: 'letter' } : {}),
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...(after?.id === undefined ? {} : { after: [after.id] }),
      ...(isDelayed
        ? { notBefore: new Date(life.platform.wallNow() + this.random.integer(1, delayMsMax)) }
        : {}),
    };
    this.ask(task, isIdempotent ? often : once, options);
    return task;
  }

  /** One that is stored and has not ended, as far as anybody knows. */
  private earlier(life: Life): LedgerTask | undefined {
    const open = this.ledger.tasks.slice(-20).filter(({ author, id, final, isNeverStarted }) => {
      return author === life && id !== undefined && final === undefined && !isNeverStarted;
    });
    return open.length === 0 ? undefined : this.random.pick(open);
  }

  private ask(task: LedgerTask, asked: TaskService<Input, Output>, options: OrderOptions): void {
    this.order(task, asked, options).then(
      (ordered) => {
        this.stored(task, ordered);
        if (task.key !== undefined && this.repeating.chance(repeatedShare))
          this.mesh.world.after(this.repeating.integer(1, repeatedMsMax), () =>
            this.orderAgain(task, asked, options),
          );
      },
      (error: unknown) => this.again(task, asked, options, error),
    );
  }

  private order(
    { number, author, parts }: LedgerTask,
    asked: TaskService<Input, Output>,
    options: OrderOptions,
  ): Promise<Task<Output | readonly Output[]>> {
    this.mesh.world.touchProgram();
    const { tasks } = author.node;
    if (parts === 0) return tasks.order(asked, { number, part: 0 }, options);
    const inputs = Array.from({ length: parts }, (_, part) => ({ input: { number, part } }));
    return tasks.order<Output>(asked, undefined, { ...options, parts: inputs });
  }

  /** What is unknown is ordered again under its key, as a program would. */
  private again(
    task: LedgerTask,
    asked: TaskService<Input, Output>,
    options: OrderOptions,
    error: unknown,
  ): void {
    const isUnknown = error instanceof SkeinError && error.code === 'SKEIN_TIMEOUT';
    const { author, key } = task;
    if (!isUnknown || key === undefined || !isRunning(author) || author.isLeaving)
      return this.ledger.failed(task, error);
    task.isAgain = true;
    this.ask(task, asked, options);
  }

  private stored(task: LedgerTask, ordered: Task<Output | readonly Output[]>): void {
    this.ledger.stored(task, ordered.id);
    if (!isRunning(task.author) || task.author.isLeaving) return;
    task.isAwaited = true;
    ordered
      .result()
      .then(
        (result) => this.ledger.result(task, [result].flat()),
        (error: unknown) => this.ledger.endedWithout(task, error),
      )
      .finally(() => {
        task.isAwaited = false;
      });
    if (this.following.chance(followShare)) void this.follow(task, ordered);
    if (this.isGood || !this.random.chance(cancelShare)) return;
    this.mesh.world.after(this.random.integer(1, cancelMsMax), () => this.cancel(task, ordered));
  }

  /** As a program does that has restarted meanwhile, and does not know what it had ordered. */
  private orderAgain(task: LedgerTask, asked: TaskService<Input, Output>, options: OrderOptions): void {
    if (!isRunning(task.author) || !task.author.member.canAct) return;
    this.order(task, asked, options).then(
      (ordered) => this.ledger.repeated(task, ordered),
      () => undefined,
    );
  }

  private async follow(task: LedgerTask, ordered: Task<unknown>): Promise<void> {
    try {
      for await (const event of ordered.events()) this.ledger.event(task, event);
    } catch {
      // Its node has ended.
    }
  }

  private cancel(task: LedgerTask, ordered: Task<unknown>): void {
    if (!isRunning(task.author) || !task.author.member.canAct) return;
    this.mesh.world.touchProgram();
    ordered.cancel().then(
      (outcome) => this.ledger.cancelled(task, outcome),
      () => undefined,
    );
  }

  // ── working ───────────────────────────────────────────────────────────────────────────────────────

  private work(life: Life): void {
    const options = { concurrency: this.random.integer(1, 4), queue: this.random.pick([0, 0, 2]), cores: 4 };
    for (const asked of [once, often])
      life.node.tasks.work(asked, (job) => this.carryOut(life, job), options);
  }

  private carryOut(life: Life, job: Job<Input>): Promise<Output> | Output {
    const { number, part } = job.input;
    const execution = this.ledger.begun(life, { number, part }, job);
    const output = { number, part, fence: job.fence };
    if (execution === undefined) return output;
    const throws = !this.isGood && this.random.chance(throwShare);
    const waitMs = this.isGood ? 0 : this.waitMs();
    const heeds = !this.random.chance(heedlessShare);
    const says = this.random.chance(progressShare);
    const end = (): Output => {
      this.ledger.ended(execution, !throws);
      if (throws) throw new Error('as planned');
      return output;
    };
    if (waitMs === 0) return end();
    if (says) job.progress(0.5, 'half of it');
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        if (execution.isOver || !heeds) return;
        this.ledger.ended(execution, false);
        reject(job.signal.reason as Error);
      };
      job.signal.addEventListener('abort', stop, { once: true });
      life.platform.after(waitMs, () => {
        if (execution.isOver) return;
        try {
          resolve(end());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  private waitMs(): number {
    const draw = this.random.next();
    if (draw < stuckShare) return stuckMs;
    return draw < stuckShare + quickShare ? 0 : this.random.integer(1, slowMsMax);
  }
}
