/**
 * Orders of a chat: each is answered with a receipt, and what came of it is shown once it has ended.
 *
 * Made by the chat. Invariant: what was ordered goes on without the chat; an id that fits several orders is never guessed.
 */
import { findId } from '../../../../cli/kit/short-id.ts';
import type { SkeinNode } from '../../../../node/node.ts';
import type { ListedTaskView, TaskView } from '../../../tasks/api.ts';
import { infeasibleSaid } from '../../../tasks/cli/infeasible.ts';
import { orders } from './ids.ts';

export interface Ended {
  readonly id: string;
  readonly outcome:
    | { readonly ok: true; readonly result: unknown }
    | { readonly ok: false; readonly why: string };
}

/** Those that a person still reads. */
const ordersShown = 20;

export class Orders {
  private readonly node: Pick<SkeinNode, 'name' | 'tasks'>;
  private readonly ended: (ended: Ended) => Promise<void>;
  private readonly closing = new AbortController();

  constructor(node: Pick<SkeinNode, 'name' | 'tasks'>, ended: (ended: Ended) => Promise<void>) {
    this.node = node;
    this.ended = ended;
  }

  /** Resolves with its id, once the swarm has stored it. */
  async order(service: string, input: unknown, signal: AbortSignal): Promise<string> {
    const ordered = this.node.tasks.order(service, input, { signal });
    const task = await ordered.catch((problem: unknown) => {
      throw infeasibleSaid(problem, `\`skein task order ${service} --queue\``);
    });
    void this.follow(task.id);
    return task.id;
  }

  /** The last ones of this node, the oldest first. */
  async own(signal: AbortSignal): Promise<readonly ListedTaskView[]> {
    return (await this.all({ author: this.node.name }, signal)).slice(-ordersShown);
  }

  /** @param given An id, or the first digits of one. With its result where it is done. */
  async status(
    given: string,
    signal: AbortSignal,
  ): Promise<{ readonly view: TaskView; readonly result: unknown }> {
    const id = await findId(orders, given, async () => (await this.all({}, signal)).map(({ id }) => id));
    const task = this.node.tasks.task(id);
    const view = await task.status();
    if (view === undefined) throw new Error(orders.unknown(given));
    return { view, result: view.state === 'done' ? await task.result({ signal }) : undefined };
  }

  /** What has not ended is not shown any more. */
  close(): void {
    this.closing.abort();
  }

  private async follow(id: string): Promise<void> {
    const { signal } = this.closing;
    try {
      const result = await this.node.tasks.task(id).result({ signal });
      await this.ended({ id, outcome: { ok: true, result } });
    } catch (problem) {
      if (signal.aborted) return;
      const why = (problem as Error).message.replace(`task ${id} `, '');
      await this.ended({ id, outcome: { ok: false, why } });
    }
  }

  private async all(
    filter: { readonly author?: string },
    signal: AbortSignal,
  ): Promise<readonly ListedTaskView[]> {
    const found: ListedTaskView[] = [];
    for (let after = 0; ; ) {
      const { tasks, place, isMore } = await this.node.tasks.list({ ...filter, after });
      // Nobody waits any more: there may be many pages.
      signal.throwIfAborted();
      found.push(...tasks);
      // A page that does not get on would be asked for without end.
      if (!isMore || place <= after) return found;
      after = place;
    }
  }
}
