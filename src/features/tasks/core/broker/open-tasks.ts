/**
 * The tasks that have not ended, as the broker has them in memory, and whose they are.
 *
 * Filled from the store as the broker begins, and kept up to date by what each operation answers. Invariant: it says of no
 * task more than the store does; a task whose operation is under way is as it was before.
 */
import { isFinal, type TaskHead, type TaskId } from '../tasks-types.ts';

/** What is known of a task and is in no store. */
interface Progress {
  readonly share: number;
  readonly note: string;
}

export class OpenTasks {
  private readonly heads = new Map<number, TaskHead>();
  private readonly places = new Map<TaskId, number>();
  private readonly progress = new Map<number, Progress>();
  /** By the name of who has claimed them. */
  private readonly claims = new Map<string, Set<number>>();

  get size(): number {
    return this.heads.size;
  }

  get(n: number): TaskHead | undefined {
    return this.heads.get(n);
  }

  byId(id: TaskId): TaskHead | undefined {
    const n = this.places.get(id);
    return n === undefined ? undefined : this.heads.get(n);
  }

  all(): Iterable<TaskHead> {
    return this.heads.values();
  }

  /** That are assigned to this worker, running there or to be stopped. */
  claimedBy(worker: string): TaskHead[] {
    return [...(this.claims.get(worker) ?? [])].map((n) => this.heads.get(n) as TaskHead);
  }

  /** Those who have claimed something. */
  workers(): Iterable<string> {
    return this.claims.keys();
  }

  /** As an operation has left it. */
  put(head: TaskHead): void {
    const before = this.heads.get(head.n);
    if (before !== undefined) this.unclaim(before);
    // An attempt that has failed has come nowhere.
    if (before?.fence !== head.fence || !isClaimed(head)) this.progress.delete(head.n);
    if (isFinal(head.state)) {
      this.heads.delete(head.n);
      this.places.delete(head.id);
      this.progress.delete(head.n);
      return;
    }
    this.heads.set(head.n, head);
    this.places.set(head.id, head.n);
    if (!isClaimed(head)) return;
    const claims = this.claims.get(head.worker) ?? new Set();
    this.claims.set(head.worker, claims.add(head.n));
  }

  /** False: it says it of an attempt that is over. */
  progressed(n: number, fence: number, progress: Progress): boolean {
    const head = this.heads.get(n);
    if (head?.fence !== fence || !isClaimed(head)) return false;
    this.progress.set(n, progress);
    return true;
  }

  progressOf(n: number): Progress | undefined {
    return this.progress.get(n);
  }

  clear(): void {
    for (const each of [this.heads, this.places, this.progress, this.claims]) each.clear();
  }

  private unclaim({ n, worker }: TaskHead): void {
    const claims = this.claims.get(worker);
    if (claims?.delete(n) === true && claims.size === 0) this.claims.delete(worker);
  }
}

/** A worker has it. */
export function isClaimed({ state }: TaskHead): boolean {
  return state === 'assigned' || state === 'running' || state === 'cancelling';
}
