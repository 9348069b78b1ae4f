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

export interface OwnResultsPorts {
  loaded(kept: readonly KeptResult[]): void;
  /** It has begun, or is over: all is loaded, or the disk has failed. */
  loadingChanged(): void;
}

export class OwnResults {
  private readonly agent: BehaviorAgent<TasksShape>;
  private readonly ports: OwnResultsPorts;
  private state: 'unread' | 'loading' | 'loaded' = 'unread';
  /** The last one could not be kept. */
  private isFailing = false;

  constructor(agent: BehaviorAgent<TasksShape>, ports: OwnResultsPorts) {
    this.agent = agent;
    this.ports = ports;
  }

  /** The disk has not said yet what an earlier incarnation has left. */
  get isLoading(): boolean {
    return this.state === 'loading';
  }

  /** What an earlier incarnation has left, once. */
  load(): void {
    if (this.state !== 'unread') return;
    this.state = 'loading';
    this.read({ store: 0, n: 0 });
    this.ports.loadingChanged();
  }

  keep(kept: KeptResult): void {
    this.agent.ownStore('keepResult', kept);
  }

  drop(place: AttemptPlace): void {
    this.agent.ownStore('dropResult', place);
  }

  completed(completion: Completion): void {
    if (completion.ok && completion.verb === 'keepResult') this.isFailing = false;
    if (!completion.ok) this.failed(completion.verb, completion.failure);
    if (completion.verb !== 'keptResults') return;
    const kept = completion.ok ? (completion.value as readonly KeptResult[]) : [];
    if (kept.length > 0) this.ports.loaded(kept);
    const last = kept.length < taskLimits.tasksPerPage ? undefined : kept.at(-1);
    if (last !== undefined) return this.read(last);
    this.state = 'loaded';
    this.ports.loadingChanged();
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
