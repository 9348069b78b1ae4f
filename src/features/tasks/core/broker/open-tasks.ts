/**
 * The tasks that have not ended, as the broker has them in memory, and whose they are.
 *
 * Filled from the store as the broker begins, and kept up to date by what each operation answers. Invariant: it says of no
 * task more than the store does; a task whose operation is under way is as it was before.
 */
import { ByPlace } from '../by-place.ts';
import type { Attempt } from '../messages.ts';
import { isFinal, type TaskHead, type TaskId } from '../tasks-types.ts';

/** What is known of a task and is in no store. */
interface Progress {
  readonly share: number;
  readonly note: string;
}

export class OpenTasks {
  private readonly heads = new ByPlace<TaskHead>();
  private readonly places = new Map<TaskId, number>();
  private readonly progress = new Map<number, Progress>();
  /** Of tasks of several parts: the sum of the shares that their parts have said. */
  private readonly partShares = new Map<number, number>();
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
    // Most changes leave it with its worker.
    const isHeldAsBefore =
      before !== undefined && before.worker === head.worker && isClaimed(before) && isClaimed(head);
    if (before !== undefined && !isHeldAsBefore) this.unclaim(before);
    // An attempt that has failed has come nowhere.
    if (before?.fence !== head.fence || !isClaimed(head)) this.setProgress(head, undefined);
    if (isFinal(head.state)) {
      this.heads.delete(head.n);
      this.places.delete(head.id);
      if (head.service === '') this.partShares.delete(head.n);
      return;
    }
    this.heads.set(head.n, head);
    if (before === undefined) this.places.set(head.id, head.n);
    if (isHeldAsBefore || !isClaimed(head)) return;
    const claims = this.claims.get(head.worker);
    if (claims === undefined) this.claims.set(head.worker, new Set([head.n]));
    else claims.add(head.n);
  }

  /** False: that attempt is over, another worker's, or there was none such. */
  isHeldBy(worker: string, { n, fence }: Attempt): boolean {
    const head = this.heads.get(n);
    return head !== undefined && head.fence === fence && head.worker === worker && isClaimed(head);
  }

  progressed(n: number, progress: Progress): void {
    const head = this.heads.get(n);
    if (head !== undefined) this.setProgress(head, progress);
  }

  /** Of a task of several parts: how many have ended, and how far the others are. */
  progressOf(n: number): Progress | undefined {
    const head = this.heads.get(n);
    return head?.service === '' ? this.progressOfWhole(head) : this.progress.get(n);
  }

  clear(): void {
    for (const each of [this.heads, this.places, this.progress, this.partShares, this.claims]) each.clear();
  }

  private progressOfWhole({ n, part: count, partsLeft }: TaskHead): Progress {
    const ended = count - partsLeft;
    const share = count === 0 ? 0 : (ended + (this.partShares.get(n) ?? 0)) / count;
    return { share: Math.min(1, Math.max(0, share)), note: `${ended} of ${count} parts have ended` };
  }

  private setProgress({ n, parent }: TaskHead, progress: Progress | undefined): void {
    const before = this.progress.get(n);
    if (before === progress) return;
    const change = shareOf(progress) - shareOf(before);
    if (progress === undefined) this.progress.delete(n);
    else this.progress.set(n, progress);
    if (parent !== 0 && change !== 0)
      this.partShares.set(parent, (this.partShares.get(parent) ?? 0) + change);
  }

  private unclaim({ n, worker }: TaskHead): void {
    const claims = this.claims.get(worker);
    if (claims?.delete(n) === true && claims.size === 0) this.claims.delete(worker);
  }
}

/** Where nothing is said it is 0. */
function shareOf(progress: Progress | undefined): number {
  return Math.max(0, progress?.share ?? 0);
}

/** A worker has it: none has a task of several parts. */
export function isClaimed({ state, service }: TaskHead): boolean {
  if (service === '') return false;
  return state === 'assigned' || state === 'running' || state === 'cancelling';
}
