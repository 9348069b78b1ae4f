/**
 * What those who follow a task hear of it: how it is, each change, its progress, and its result.
 *
 * Invariant: what is said of a task is in the store, but for its progress.
 */
import type { LineEnd } from '../../../../kernel/lines/lines.ts';
import type { TaskNews } from '../messages.ts';
import { type Encoded, isFinal, type TaskHead, type TaskId, type TaskStatus } from '../tasks-types.ts';
import type { Desk, MessageOf } from './errand.ts';
import type { Followers } from './followers.ts';
import type { OpenTasks } from './open-tasks.ts';

export interface NewsDeskPorts {
  readonly desk: Desk;
  readonly tasks: OpenTasks;
  readonly followers: Followers;
}

type Said = Pick<TaskHead, 'id' | 'state' | 'attempt' | 'worker' | 'reason' | 'service'>;

export class NewsDesk {
  private readonly ports: NewsDeskPorts;

  constructor(ports: NewsDeskPorts) {
    this.ports = ports;
  }

  /** @param result Of one that has just ended with it. */
  changed(head: TaskHead, result: Encoded | undefined): void {
    const { followers, tasks } = this.ports;
    if (!followers.isFollowed(head.id)) return;
    // What its worker has said of it may have come before the store has that it runs.
    if (head.state !== 'done') return followers.changed({ ...newsOf(head, []), ...tasks.progressOf(head.n) });
    if (result !== undefined && head.service !== '') return followers.changed(newsOf(head, [result]));
    this.withResults(head, (news) => followers.changed(news));
  }

  progressed(worker: string, items: MessageOf<'progress'>['items']): void {
    const { tasks, followers } = this.ports;
    for (const { n, fence, share, note } of items) {
      const head = tasks.get(n);
      if (head === undefined || !tasks.isHeldBy(worker, { n, fence })) continue;
      const percentBefore = this.percentOf(head.parent);
      tasks.progressed(n, { share, note });
      if (followers.isFollowed(head.id)) followers.changed({ ...newsOf(head, []), share, note });
      this.wholeProgressed(head.parent, percentBefore);
    }
  }

  /** What each of many parts says is news of the whole only where that gets on. */
  private wholeProgressed(n: number, percentBefore: number): void {
    const { tasks, followers } = this.ports;
    const whole = n === 0 ? undefined : tasks.get(n);
    if (whole === undefined || !followers.isFollowed(whole.id) || this.percentOf(n) === percentBefore) return;
    followers.changed({ ...newsOf(whole, []), ...tasks.progressOf(n) });
  }

  private percentOf(whole: number): number {
    return whole === 0 ? 0 : Math.floor(100 * (this.ports.tasks.progressOf(whole)?.share ?? 0));
  }

  follow(end: LineEnd, id: TaskId): void {
    if (this.ports.followers.follow(end, id)) this.say(end, id);
  }

  /** All was read from the store again: what was under way before, and what was asked for here, nobody has heard of. */
  sayAll(): void {
    for (const [end, id] of [...this.ports.followers.all()]) this.say(end, id);
  }

  /** How it is. */
  private say(end: LineEnd, id: TaskId): void {
    const { tasks, followers, desk } = this.ports;
    const head = tasks.byId(id);
    if (head !== undefined) {
      const progress = tasks.progressOf(head.n);
      return followers.tell(end, { ...newsOf(head, []), ...progress });
    }
    // It has ended, or there is none.
    desk.ask('status', id, (completion) => {
      if (!completion.ok) return desk.failed(completion.failure);
      const status = completion.value as TaskStatus | null;
      if (status === null) return followers.tell(end, newsOf({ ...unknown, id }, []));
      if (status.state === 'done') this.withResults(status, (news) => followers.tell(end, news));
      else if (isFinal(status.state)) followers.tell(end, newsOf(status, []));
    });
  }

  private withResults(said: Said, then: (news: TaskNews) => void): void {
    const { desk } = this.ports;
    desk.ask('results', said.id, (completion) => {
      if (!completion.ok) return desk.failed(completion.failure);
      then(newsOf(said, (completion.value as readonly Encoded[] | null) ?? []));
    });
  }
}

const unknown = { state: 'unknown', attempt: 0, worker: '', reason: '', service: '' } as const;

function newsOf(
  {
    id,
    state,
    attempt,
    worker,
    reason,
    service,
  }: Omit<Said, 'state'> & { readonly state: TaskNews['state'] },
  results: readonly Encoded[],
): TaskNews {
  const isWhole = service === '' && state !== 'unknown';
  return { id, state, attempt, worker, reason, share: -1, note: '', isWhole, results };
}
