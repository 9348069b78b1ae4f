/**
 * Letters by which authors hear how their tasks have ended: of each that was ordered so one comes, and it says what the task
 * has come to.
 *
 * Who calls it: the workload of tasks. Letters are a feature that a tree may lack, so it knows of them no more than it reads.
 * A program that has restarted may be handed again what the one before had handled last. Invariant: it only records and
 * complains.
 */
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { Life } from '../../../sim/world/member.ts';
import type { World } from '../../../sim/world/world.ts';
import type { TaskEnded, TasksNodeApi } from '../api.ts';
import { endLetterType } from '../core/limits.ts';
import type { LedgerTask, TaskLedger } from './task-ledger.ts';

interface EndLetter {
  readonly id: string;
  readonly from: string;
  readonly body: unknown;
}

/** A node, which may have letters. */
interface Mailbox extends TasksNodeApi {
  readonly letters?: {
    handle(handler: (letter: EndLetter) => unknown, options: { readonly types: readonly string[] }): unknown;
  };
}

interface Came {
  readonly state: TaskEnded['state'];
  readonly to: Set<Life>;
}

export class TaskLetters {
  private readonly world: World;
  private readonly checks: CheckCounts;
  private readonly ledger: TaskLedger;
  /** By id. */
  private readonly all = new Map<string, Came>();

  constructor(world: World, checks: CheckCounts, ledger: TaskLedger) {
    this.world = world;
    this.checks = checks;
    this.ledger = ledger;
  }

  /** It can be ordered with a letter as reply. */
  has({ node }: Life): boolean {
    const { letters }: Mailbox = node;
    return letters !== undefined;
  }

  handle(life: Life): void {
    const { letters }: Mailbox = life.node;
    letters?.handle((letter) => this.came(life, letter), { types: [endLetterType] });
  }

  /** Whose letters have not come. @param lives Others do not run. */
  missing(lives: readonly Life[]): LedgerTask[] {
    const names = new Set(lives.map(({ node }) => node.name));
    return this.ledger.kept.filter(
      ({ id = '', wantsLetter, author }) => wantsLetter && names.has(author.node.name) && !this.all.has(id),
    );
  }

  /** That of each that has come is its end. */
  compare(): void {
    for (const task of this.ledger.kept) {
      const letter = this.all.get(task.id ?? '');
      if (letter === undefined) continue;
      if (!task.wantsLetter) this.ledger.fail(task, 'was ordered without a letter, and one has come');
      if (letter.state !== task.final)
        this.ledger.fail(task, `is ${task.final}, and its letter says ${letter.state}`);
    }
  }

  private came(life: Life, { id, from, body }: EndLetter): void {
    count(this.checks, 'ends come as letters', 1);
    const { task: of, state, result } = body as TaskEnded;
    const what = `the letter of task ${of}, which came to ${life.node.name}`;
    if (of !== id) this.world.fail(`${what}, has the id ${id}`);
    if (from !== life.node.name) this.world.fail(`${what}, is from ${from}`);
    const earlier = this.all.get(id) ?? { state, to: new Set() };
    if (earlier.to.has(life)) this.world.fail(`${what}, came twice`);
    if (earlier.state !== state) this.world.fail(`${what}, says ${state}, and said ${earlier.state} before`);
    earlier.to.add(life);
    this.all.set(id, earlier);
    const task = this.ledger.tasks.find((each) => each.id === id);
    if (task === undefined || state !== 'done') return;
    this.ledger.result(task, [result as { part: number; fence: number }].flat());
  }
}
