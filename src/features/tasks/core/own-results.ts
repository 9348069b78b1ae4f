/**
 * Results of this node's work in its own store, until the swarm has them.
 *
 * Made by the tasks behavior. Invariant: what was kept there is handed in by the next incarnation too; what cannot be kept,
 * since the disk fails, is handed in from memory alone.
 */
import type { BehaviorAgent, StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import type { TasksShape } from './tasks-shape.ts';
import type { KeptResult } from './tasks-types.ts';

const whatFailed = {
  keepResult:
    'results cannot be kept on this machine, and are lost if this node ends before the swarm has them',
  dropResult: 'a result that the swarm has could not be removed from this machine',
  keptResults: 'results of an earlier run could not be read on this machine',
} as const;

type Completion = StoreCompletion<TasksShape['ownStore']>;

export class OwnResults {
  private readonly agent: BehaviorAgent<TasksShape>;
  private readonly loaded: (kept: readonly KeptResult[]) => void;
  private isLoading = false;
  /** The last one could not be kept. */
  private isFailing = false;

  constructor(agent: BehaviorAgent<TasksShape>, loaded: (kept: readonly KeptResult[]) => void) {
    this.agent = agent;
    this.loaded = loaded;
  }

  /** What an earlier incarnation has left, once. */
  load(): void {
    if (this.isLoading) return;
    this.isLoading = true;
    this.read({ store: 0, n: 0 });
  }

  keep(kept: KeptResult): void {
    this.agent.ownStore('keepResult', kept);
  }

  drop(place: AttemptPlace): void {
    this.agent.ownStore('dropResult', place);
  }

  completed(completion: Completion): void {
    if (!completion.ok) return this.failed(completion.verb, completion.failure);
    if (completion.verb === 'keepResult') this.isFailing = false;
    if (completion.verb !== 'keptResults') return;
    const kept = completion.value as readonly KeptResult[];
    if (kept.length > 0) this.loaded(kept);
    const last = kept.length < taskLimits.tasksPerPage ? undefined : kept.at(-1);
    if (last !== undefined) this.read(last);
  }

  /** Once, until one can be kept again: on a disk that is full none can. */
  private failed(verb: Completion['verb'], { code, message }: Failure): void {
    if (verb === 'keepResult' && this.isFailing) return;
    if (verb === 'keepResult') this.isFailing = true;
    this.agent.log('warn', `${whatFailed[verb]}: ${message}`, { code });
  }

  private read({ store, n }: Pick<KeptResult, 'store' | 'n'>): void {
    this.agent.ownStore('keptResults', { after: { store, n }, limit: taskLimits.tasksPerPage });
  }
}
