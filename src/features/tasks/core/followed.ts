/**
 * The tasks that this node's program follows: what it hears of each, from whichever broker there is.
 *
 * Made by the tasks behavior. The broker of the moment is asked to say what becomes of them, and the next one again.
 * Invariant: a task that has ended, or is unknown, is followed no longer: the program does not say so, and what it says of
 * it later counts as something new.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { owned } from './encoded.ts';
import { taskLimits } from './limits.ts';
import type { NewsEvent } from './member-events.ts';
import type { TaskNews } from './messages.ts';
import { isFinal, type TaskId } from './tasks-types.ts';
import { encodeFromMember } from './wire.ts';

export interface FollowedPorts {
  /** False: there is no broker to send it to. */
  send(message: Uint8Array): boolean;
  deliver(event: NewsEvent): void;
  flushLater(): void;
}

interface Followed {
  /** How often the program follows it; 0: no longer, and the broker is to hear of that. */
  count: number;
  /** The broker of the moment knows that it is followed. */
  isSaid: boolean;
  last: TaskNews | undefined;
}

export class FollowedTasks {
  private readonly ports: FollowedPorts;
  private readonly tasks = new Map<TaskId, Followed>();
  /** Of these the broker may not know what is so now. */
  private readonly unsaid = new Set<TaskId>();

  constructor(ports: FollowedPorts) {
    this.ports = ports;
  }

  get count(): number {
    return this.tasks.size;
  }

  /** What is known of it is delivered again. @returns why there is no room for it. */
  follow(id: TaskId): Failure | undefined {
    const known = this.tasks.get(id);
    if (known !== undefined) {
      known.count++;
      if (known.last !== undefined) this.ports.deliver({ type: 'news', news: [known.last] });
      return undefined;
    }
    const { tasksFollowedMax } = taskLimits;
    if (this.tasks.size >= tasksFollowedMax) {
      const text = `this node follows ${tasksFollowedMax} tasks already: follow more once some of them have ended`;
      return failure('SKEIN_BUSY', text);
    }
    this.tasks.set(id, { count: 1, isSaid: false, last: undefined });
    this.later(id);
    return undefined;
  }

  /** To be called once for each `follow`, unless the task has ended or is unknown. */
  unfollow(id: TaskId): void {
    const task = this.tasks.get(id);
    if (task === undefined || task.count === 0) return;
    task.count--;
    if (task.count > 0) return;
    task.last = undefined;
    this.later(id);
  }

  received(news: readonly TaskNews[]): void {
    const own = news.filter(({ id }) => (this.tasks.get(id)?.count ?? 0) > 0);
    for (const one of own) this.learn(one);
    if (own.length > 0) this.ports.deliver({ type: 'news', news: own.map(ownedNews) });
  }

  /** There is another broker: it does not know what is followed. */
  brokerChanged(): void {
    this.unsaid.clear();
    for (const [id, task] of this.tasks) {
      task.isSaid = false;
      if (task.count === 0) this.tasks.delete(id);
      else this.later(id);
    }
  }

  flush(): void {
    this.say('follow');
    this.say('unfollow');
  }

  private say(type: 'follow' | 'unfollow'): void {
    const ids = [...this.unsaid].filter((id) => this.isToSay(id, type));
    const { tasksPerMessageMax } = taskLimits;
    for (let i = 0; i < ids.length; i += tasksPerMessageMax) {
      const some = ids.slice(i, i + tasksPerMessageMax);
      if (!this.ports.send(encodeFromMember({ type, ids: some }))) return;
      for (const id of some) this.said(id);
    }
  }

  /** What the broker knows already, and what it never has to hear of, is left out. */
  private isToSay(id: TaskId, type: 'follow' | 'unfollow'): boolean {
    const task = this.tasks.get(id);
    const isFollowed = task !== undefined && task.count > 0;
    if (task !== undefined && task.isSaid !== isFollowed) return isFollowed === (type === 'follow');
    this.said(id);
    return false;
  }

  private said(id: TaskId): void {
    this.unsaid.delete(id);
    const task = this.tasks.get(id);
    if (task === undefined) return;
    task.isSaid = task.count > 0;
    if (task.count === 0) this.tasks.delete(id);
  }

  private learn(news: TaskNews): void {
    const { id, state } = news;
    if (state === 'unknown' || isFinal(state)) {
      this.tasks.delete(id);
      this.unsaid.delete(id);
      return;
    }
    const task = this.tasks.get(id);
    if (task !== undefined) task.last = news;
  }

  private later(id: TaskId): void {
    this.unsaid.add(id);
    this.ports.flushLater();
  }
}

function ownedNews(news: TaskNews): TaskNews {
  return news.results.length === 0 ? news : { ...news, results: news.results.map(owned) };
}
