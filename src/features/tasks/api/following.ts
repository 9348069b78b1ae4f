/**
 * What a program hears of tasks: their changes as streams, and their results.
 *
 * Made by the tasks facade. Invariant: who waits hears of the end, also over a change of the broker, or of the end of
 * the node.
 */
import { type ErrorCode, SkeinError } from '../../../kernel/errors.ts';
import { decodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import { PushStream } from '../../../kit/stream.ts';
import type { MessageStream, StreamOptions, WaitOptions } from '../../../kit/streams.ts';
import { raced } from '../../../kit/waiting.ts';
import { withResolvers } from '../../../kit/with-resolvers.ts';
import type { TaskEvent, TaskService } from '../api.ts';
import type { TaskNews } from '../core/messages.ts';
import type { Tasks } from '../core/tasks.ts';
import { isFinal, type TaskState } from '../core/tasks-types.ts';
import type { TasksFeatureShape } from '../shape.ts';

type Ports = NodePorts<TasksFeatureShape, Tasks>;

interface Follower {
  changed(news: TaskNews): void;
  end(error: SkeinError): void;
}

export type ResultService = Pick<TaskService<never, unknown>, 'name' | 'output'>;

const codes: Partial<Record<TaskState, ErrorCode>> = {
  failed: 'SKEIN_FAILED',
  cancelled: 'SKEIN_ABORTED',
  expired: 'SKEIN_EXPIRED',
  lost: 'SKEIN_LOST',
};

export class Following {
  private readonly ports: Ports;
  private readonly followers = new Map<string, Set<Follower>>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  received(news: readonly TaskNews[]): void {
    for (const one of news) {
      const followers = this.followers.get(one.id);
      if (followers === undefined) continue;
      if (isEnd(one)) this.followers.delete(one.id);
      for (const follower of [...followers]) follower.changed(one);
    }
  }

  /** The kernel behind this node has changed: the new one follows nothing yet. */
  resume(): void {
    for (const [id, followers] of this.followers)
      for (let left = followers.size; left > 0; left--) this.ports.behavior.follow(id);
  }

  end(error: SkeinError | undefined): void {
    const closed = error ?? new SkeinError('SKEIN_CLOSED', 'the node has ended');
    const all = [...this.followers.values()].flatMap((followers) => [...followers]);
    this.followers.clear();
    for (const follower of all) follower.end(closed);
  }

  events(id: string, { signal }: StreamOptions): MessageStream<TaskEvent> {
    let leave = (): void => undefined;
    const stream = new PushStream<TaskEvent>({ closed: () => leave() }, Promise.resolve(), signal);
    leave = this.follow(id, {
      changed: (news) => {
        if (news.state === 'unknown') return stream.end(unknownTask(id));
        stream.push(eventOf(news, news.state));
        if (isFinal(news.state)) stream.end();
      },
      end: (error) => stream.end(error),
    });
    return stream;
  }

  /** @param services What checks its result; of a task of several parts, that of each. */
  async result(id: string, services: readonly ResultService[], options: WaitOptions): Promise<unknown> {
    const { promise, resolve, reject } = withResolvers<TaskNews>();
    const leave = this.follow(id, {
      changed: (news) => {
        if (isEnd(news)) resolve(news);
      },
      end: reject,
    });
    const limited = this.ports.limitedSignal(options);
    try {
      const news = await raced(promise, limited.signal, `task ${id} has not ended`);
      return await checkedResult(news, services);
    } finally {
      limited.cancel();
      leave();
    }
  }

  /** The returned function ends it. */
  private follow(id: string, follower: Follower): () => void {
    this.ports.enter();
    const problem = this.ports.behavior.follow(id);
    if (problem !== undefined) throw SkeinError.from(problem);
    const followers = this.followers.get(id) ?? new Set();
    this.followers.set(id, followers.add(follower));
    return () => {
      if (this.followers.get(id) !== followers || !followers.delete(follower)) return;
      if (followers.size === 0) this.followers.delete(id);
      if (this.ports.tryEnter()) this.ports.behavior.unfollow(id);
    };
  }
}

function isEnd({ state }: TaskNews): boolean {
  return state === 'unknown' || isFinal(state);
}

function eventOf({ attempt, worker, reason, share, note }: TaskNews, state: TaskState): TaskEvent {
  return {
    ...{ state, attempt, worker, reason },
    ...(share < 0 ? {} : { progress: share }),
    ...(note === '' ? {} : { note }),
  };
}

async function checkedResult(news: TaskNews, services: readonly ResultService[]): Promise<unknown> {
  const values = resultsOf(news);
  const checked = await Promise.all(
    values.map((value, i) => {
      const service = services[i];
      return checkBySchema(service?.output, value, `task ${service?.name ?? news.id}: result`);
    }),
  );
  return news.isWhole ? checked : checked[0];
}

/** @throws SkeinError where it has not ended with a result. */
function resultsOf({ id, state, reason, attempt, worker, results }: TaskNews): unknown[] {
  if (state === 'unknown') throw unknownTask(id);
  if (state !== 'done') {
    const code = codes[state] ?? 'SKEIN_FAILED';
    const text = `task ${id} is ${state}${reason === '' ? '' : `: ${reason}`}`;
    throw new SkeinError(code, text, { details: { state, attempt, worker, reason } });
  }
  return results.map(({ encoding, body }) => decodeBody(encoding, body));
}

function unknownTask(id: string): SkeinError {
  return new SkeinError(
    'SKEIN_UNKNOWN_TASK',
    `the swarm has no task ${id}: it was never ordered, or is forgotten`,
  );
}
