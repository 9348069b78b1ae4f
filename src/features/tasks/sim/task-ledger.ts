/**
 * Every task of a run: who ordered it, what was reported of it, and each time that a worker has begun with it.
 *
 * Who calls it: the workload of tasks. It stands outside the nodes and judges at once: no task that nobody ordered or that
 * was refused, none begun twice where it may be begun once, none begun while an earlier attempt still believes that it is
 * its own, no fence twice; and at the end: each task that was stored has ended, as its last attempt says. Invariant: it
 * only records and complains.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { Job, Task, TaskEvent, TaskState, TaskView } from '../api.ts';
import { taskLimits } from '../core/limits.ts';
import { isFinal } from '../core/tasks-types.ts';

/** Of one worker. */
export const renewalsPerSecond = 1000 / taskLimits.taskRenewMs;

/** One attempt, as its worker has seen it. */
interface Execution {
  readonly life: Life;
  /** Of the task: 0 where it has none. */
  readonly part: number;
  readonly job: Job;
  isOver: boolean;
  /** What its handler has resolved with. */
  hasResult: boolean;
}

export interface LedgerTask {
  readonly number: number;
  readonly author: Life;
  /** How often it may be begun. */
  readonly attempts: number;
  readonly isIdempotent: boolean;
  readonly key: string | undefined;
  /** It waits until this one is done. */
  readonly after: LedgerTask | undefined;
  /** How many; 0: it is no task of several parts. */
  readonly parts: number;
  /** How it ends goes to its author as a letter. */
  readonly wantsLetter: boolean;
  /** Ids of those that were begun. */
  readonly partIds: Map<number, string>;
  /** Orders of it; with a key it is ordered again where its outcome is unknown. */
  id: string | undefined;
  /** `stored`, a code, or undefined until then. */
  outcome: string | undefined;
  isAgain: boolean;
  /** Its author waits to hear how it has ended. */
  isAwaited: boolean;
  /** A cancel was answered with: it will not be begun. */
  isNeverStarted: boolean;
  /** The final state that somebody has heard of. */
  final: TaskState | undefined;
  readonly executions: Execution[];
}

/** They say: nothing was stored. */
const certain = new Set([
  'SKEIN_BUSY',
  'SKEIN_STORE_FULL',
  'SKEIN_INFEASIBLE',
  'SKEIN_REFUSED',
  'SKEIN_NAME_PINNED',
]);
/** A worker has it, or it has just ended. */
const mayHaveProgress: ReadonlySet<TaskState> = new Set(['assigned', 'running', 'cancelling']);
const expected = new Set([...certain, 'SKEIN_TIMEOUT', 'SKEIN_STORE_CLAIMED', 'SKEIN_LOST']);

export class TaskLedger {
  readonly counts: Record<string, number> = {};
  readonly tasks: LedgerTask[] = [];
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly fences = new Map<number, LedgerTask>();

  constructor(mesh: Mesh, checks: CheckCounts) {
    this.mesh = mesh;
    this.checks = checks;
  }

  ordered(
    author: Life,
    how: Pick<LedgerTask, 'attempts' | 'isIdempotent' | 'key' | 'after' | 'parts' | 'wantsLetter'>,
  ): LedgerTask {
    const task: LedgerTask = {
      ...{ number: this.tasks.length, author, ...how, id: undefined, outcome: undefined },
      ...{
        isAgain: false,
        isAwaited: false,
        isNeverStarted: false,
        final: undefined,
        executions: [],
        partIds: new Map(),
      },
    };
    this.tasks.push(task);
    return task;
  }

  stored(task: LedgerTask, id: string): void {
    this.named(task, id);
    this.end(task, 'stored');
  }

  failed(task: LedgerTask, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    if (code === 'SKEIN_CLOSED' || !isRunning(task.author) || task.author.isLeaving)
      return this.end(task, 'author ended');
    if (!expected.has(code)) this.fail(task, `ended with ${String(error)}`);
    this.end(task, code);
    if (this.isCertain(task) && task.executions.length > 0)
      this.fail(task, `was begun, and what was reported to its author is ${code}`);
  }

  /** A handler is called. */
  begun(
    life: Life,
    { number, part }: { readonly number: number; readonly part: number },
    job: Job,
  ): Execution | undefined {
    const task = this.tasks[number];
    if (task === undefined) {
      this.mesh.world.fail(`${life.node.name} has begun a task that nobody has ordered: ${number}`);
      return undefined;
    }
    count(this.checks, 'tasks for a reason', 1);
    if (task.parts === 0) this.named(task, job.id);
    else this.namedPart(task, part, job.id);
    if (this.isCertain(task))
      this.fail(task, `is begun, and what was reported to its author is ${task.outcome}`);
    if (task.isNeverStarted) this.fail(task, 'is begun, and a cancel was answered with that it never is');
    // A part that a worker was given before may be begun while the cancel is on its way there.
    if (task.final !== undefined && task.parts === 0 && !isOvertaken(task, job))
      this.fail(task, `is begun, and was reported as ${task.final}`);
    const earlier = task.executions.filter((each) => each.part === part);
    this.checkFence(task, earlier, job);
    if (task.attempts === 1 && !task.isIdempotent && earlier.length > 0)
      this.fail(task, `is begun ${earlier.length + 1} times, and may be once`);
    // What was given back was not begun.
    if (Math.max(job.attempt, earlier.length + 1) > Math.max(task.attempts, 1))
      this.fail(task, `is begun ${earlier.length + 1} times, as attempt ${job.attempt}`);
    if (task.after !== undefined && !isDone(task.after))
      this.fail(task, `is begun, and task ${task.after.number}, for which it waits, is not done`);
    for (const before of earlier)
      if (!task.isIdempotent && this.believes(before))
        this.fail(
          task,
          `is begun by ${life.member.name} while ${before.life.member.name} holds it for its own`,
        );
    const execution: Execution = { life, part, job, isOver: false, hasResult: false };
    task.executions.push(execution);
    return execution;
  }

  ended(execution: Execution, hasResult: boolean): void {
    execution.isOver = true;
    execution.hasResult = hasResult && isRunning(execution.life);
    this.counts[hasResult ? 'done' : 'thrown'] = (this.counts[hasResult ? 'done' : 'thrown'] ?? 0) + 1;
  }

  cancelled(task: LedgerTask, outcome: string): void {
    this.counts[`cancel: ${outcome}`] = (this.counts[`cancel: ${outcome}`] ?? 0) + 1;
    if (outcome !== 'never-started') return;
    task.isNeverStarted = true;
    if (task.executions.length > 0)
      this.fail(task, 'was begun, and a cancel was answered with that it never is');
  }

  /** Somebody hears how it is. */
  looked(task: LedgerTask, { state, attempt }: Pick<TaskView, 'state' | 'attempt'>): void {
    // Such an answer may have been on its way while its author heard of the end.
    if (!isFinal(state)) return;
    count(this.checks, 'a final state stays', 1);
    if (task.final !== undefined && task.final !== state)
      this.fail(task, `is ${state}, and was reported as ${task.final}`);
    task.final = state;
    if (state === 'done')
      for (let part = 0; part < Math.max(1, task.parts); part++)
        if (!task.executions.some((each) => each.part === part && each.hasResult))
          this.fail(task, `is done, and no handler of part ${part} has resolved`);
    if (state === 'lost' && attempt < task.attempts)
      this.fail(task, `is lost after ${attempt} of ${task.attempts} attempts`);
  }

  /** Who follows it hears of a change. */
  event(task: LedgerTask, { state, attempt, progress }: TaskEvent): void {
    // Of several parts some may have ended while the others wait.
    if (progress !== undefined && task.parts === 0 && !mayHaveProgress.has(state))
      this.fail(task, `is ${state}, and ${progress} of it is done`);
    if (isFinal(state)) this.looked(task, { state, attempt });
  }

  /** At the end, when nothing is on its way. */
  listed({ id, state, attempt }: Pick<TaskView, 'id' | 'state' | 'attempt'>): void {
    const task = this.tasks.find((each) => each.id === id);
    if (task === undefined) return;
    if (task.final !== undefined && !isFinal(state))
      this.fail(task, `is ${state}, and was reported as ${task.final}`);
    this.looked(task, { state, attempt });
  }

  /** Its author has ordered it again under its key. */
  repeated(task: LedgerTask, { id, isRepeat }: Pick<Task, 'id' | 'isRepeat'>): void {
    count(this.checks, 'a key means one task', 1);
    this.named(task, id);
    if (!isRepeat) this.fail(task, 'was ordered again under its key, and is said to be new');
  }

  /** Its author waits for a result in vain. */
  endedWithout(task: LedgerTask, error: unknown): void {
    const details = error instanceof SkeinError ? error.details : undefined;
    const { state, attempt } = (details ?? {}) as Partial<Pick<TaskView, 'state' | 'attempt'>>;
    if (state === undefined || attempt === undefined) return;
    this.looked(task, { state, attempt });
  }

  /** The result that somebody hears of: of several parts one of each, in order. */
  result(task: LedgerTask, results: readonly { readonly part: number; readonly fence: number }[]): void {
    this.looked(task, { state: 'done', attempt: 1 });
    count(this.checks, 'results are of one attempt', 1);
    if (results.length !== Math.max(1, task.parts))
      this.fail(task, `has ${results.length} results of ${task.parts} parts`);
    for (const [i, { part, fence }] of results.entries()) {
      if (part !== i) this.fail(task, `has the result of part ${part} in place ${i}`);
      const own = task.executions.filter((each) => each.part === part);
      if (own.find(({ job }) => job.fence === fence)?.hasResult !== true)
        this.fail(task, `has the result of claim ${fence}, whose handler has not resolved`);
      if (own.some(({ job }) => job.fence > fence))
        this.fail(task, `has the result of claim ${fence}, which is not the last one`);
    }
  }

  /** Orders that have not ended, of programs that run. */
  get outstanding(): LedgerTask[] {
    return this.tasks.filter(({ outcome, author }) => outcome === undefined && isRunning(author));
  }

  /** That have ended, and whose authors still wait for that. @param lives That the swarm answers. */
  unheard(lives: readonly Life[]): LedgerTask[] {
    return this.kept.filter(
      ({ isAwaited, author }) => isAwaited && lives.includes(author) && !author.isLeaving,
    );
  }

  get kept(): LedgerTask[] {
    return this.tasks.filter(({ outcome }) => outcome === 'stored');
  }

  /** Its handler goes on, and nothing has said to it that it should not. */
  private believes({ life, job, isOver }: Execution): boolean {
    return !isOver && isRunning(life) && life.member.canAct && !job.signal.aborted;
  }

  private checkFence(task: LedgerTask, earlier: readonly Execution[], { fence }: Job): void {
    if (this.fences.has(fence)) this.fail(task, `is begun with claim ${fence}, as another one was`);
    this.fences.set(fence, task);
    const last = Math.max(0, ...earlier.map(({ job }) => job.fence));
    // Of one that may run twice an attempt may have been on its way to a worker that the mesh had lost.
    if (fence <= last && !task.isIdempotent)
      this.fail(task, `is begun with claim ${fence} after claim ${last}`);
  }

  private isCertain({ isAgain, outcome }: LedgerTask): boolean {
    return !isAgain && certain.has(outcome ?? '');
  }

  private named(task: LedgerTask, id: string): void {
    if (task.id !== undefined && task.id !== id) this.fail(task, `has two ids, ${task.id} and ${id}`);
    task.id = id;
  }

  private namedPart(task: LedgerTask, part: number, id: string): void {
    const known = task.partIds.get(part) ?? id;
    if (known !== id) this.fail(task, `has two ids of part ${part}, ${known} and ${id}`);
    if (part >= task.parts) this.fail(task, `has a part ${part}, and ${task.parts} were ordered`);
    task.partIds.set(part, id);
  }

  private end(task: LedgerTask, outcome: string): void {
    task.outcome = outcome;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  fail({ number, author }: LedgerTask, what: string): void {
    this.mesh.world.fail(`task ${number} of ${author.member.name} ${what}`);
  }
}

/** It may run twice, and a later attempt was begun while this one was on its way to a worker that the mesh had lost. */
function isOvertaken({ isIdempotent, executions }: LedgerTask, { fence }: Job): boolean {
  return isIdempotent && executions.some(({ job }) => job.fence > fence);
}

/** Each part of it has a result. */
function isDone({ parts, executions }: LedgerTask): boolean {
  const done = new Set(executions.filter(({ hasResult }) => hasResult).map(({ part }) => part));
  return done.size >= Math.max(1, parts);
}
