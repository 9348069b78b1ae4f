/**
 * Who wants to hear what becomes of which task, at the broker.
 *
 * Invariant: a follower hears how the task is when it asks, and each change after that, in order; after an end, or where
 * there is no such task, nothing more. An incarnation that has ended follows nothing.
 */
import type { NodeId } from '../../../../kernel/identity.ts';
import type { LineEnd } from '../../../../kernel/lines/lines.ts';
import { taskLimits } from '../limits.ts';
import type { TaskNews } from '../messages.ts';
import { isFinal, type TaskId } from '../tasks-types.ts';

interface Follower {
  readonly end: LineEnd;
  readonly ids: Set<TaskId>;
  /** To be sent at the end of the turn. */
  news: TaskNews[];
}

export interface FollowersPorts {
  send(end: LineEnd, news: readonly TaskNews[]): void;
  flushLater(): void;
}

export class Followers {
  private readonly ports: FollowersPorts;
  private readonly followers = new Map<NodeId, Follower>();
  private readonly byId = new Map<TaskId, Set<Follower>>();
  private readonly toFlush = new Set<Follower>();

  constructor(ports: FollowersPorts) {
    this.ports = ports;
  }

  get count(): number {
    return this.byId.size;
  }

  isFollowed(id: TaskId): boolean {
    return this.byId.has(id);
  }

  /** False: it follows as many as it may. */
  follow(end: LineEnd, id: TaskId): boolean {
    const follower = this.of(end);
    if (follower.ids.size >= taskLimits.tasksFollowedMax) return false;
    follower.ids.add(id);
    this.byId.set(id, (this.byId.get(id) ?? new Set()).add(follower));
    return true;
  }

  /** Each with each of the tasks that it follows. */
  *all(): Iterable<readonly [LineEnd, TaskId]> {
    for (const { end, ids } of this.followers.values()) for (const id of ids) yield [end, id];
  }

  unfollow({ node }: LineEnd, id: TaskId): void {
    const follower = this.followers.get(node);
    if (follower?.ids.delete(id) !== true) return;
    this.leave(follower, id);
    if (follower.ids.size === 0 && follower.news.length === 0) this.followers.delete(node);
  }

  /** To one alone: how it is as it begins to follow. */
  tell({ node }: LineEnd, news: TaskNews): void {
    const follower = this.followers.get(node);
    if (follower?.ids.has(news.id) !== true) return;
    this.add(follower, news);
    if (isEnd(news)) this.unfollow(follower.end, news.id);
  }

  changed(news: TaskNews): void {
    const followers = this.byId.get(news.id);
    if (followers === undefined) return;
    for (const follower of [...followers]) this.add(follower, news);
    if (isEnd(news)) for (const { end } of [...followers]) this.unfollow(end, news.id);
  }

  ended(node: NodeId): void {
    const follower = this.followers.get(node);
    if (follower === undefined) return;
    this.followers.delete(node);
    this.toFlush.delete(follower);
    for (const id of follower.ids) this.leave(follower, id);
  }

  clear(): void {
    for (const each of [this.followers, this.byId, this.toFlush]) each.clear();
  }

  flush(): void {
    for (const follower of this.toFlush) {
      const { end, news } = follower;
      follower.news = [];
      this.ports.send(end, news);
      if (follower.ids.size === 0) this.followers.delete(end.node);
    }
    this.toFlush.clear();
  }

  private of(end: LineEnd): Follower {
    const known = this.followers.get(end.node);
    if (known?.end.life === end.life) return known;
    this.ended(end.node);
    const follower: Follower = { end: { node: end.node, life: end.life }, ids: new Set(), news: [] };
    this.followers.set(end.node, follower);
    return follower;
  }

  private add(follower: Follower, news: TaskNews): void {
    follower.news.push(news);
    this.toFlush.add(follower);
    this.ports.flushLater();
  }

  private leave(follower: Follower, id: TaskId): void {
    const followers = this.byId.get(id);
    followers?.delete(follower);
    if (followers?.size === 0) this.byId.delete(id);
  }
}

function isEnd({ state }: TaskNews): boolean {
  return state === 'unknown' || isFinal(state);
}
