/**
 * Results of this node's work in its own store, until the swarm has them.
 *
 * Made by the tasks behavior. Invariant: what was kept there is handed in by the next incarnation too; what cannot be kept,
 * since the disk fails, is handed in from memory alone.
 */
import type { BehaviorAgent, StoreCompletion } from '../../../kernel/contracts.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import type { TasksShape } from './tasks-shape.ts';
import type { KeptResult } from './tasks-types.ts';

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
    if (!completion.ok) {
      const { code, message } = completion.failure;
      this.agent.log('warn', `a result could not be kept on this machine: ${message}`, { code });
    }
    if (completion.verb !== 'keptResults') return;
    const kept = completion.ok ? (completion.value as readonly KeptResult[]) : [];
    if (kept.length > 0) this.ports.loaded(kept);
    const last = kept.length < taskLimits.tasksPerPage ? undefined : kept.at(-1);
    if (last !== undefined) return this.read(last);
    this.state = 'loaded';
    this.ports.loadingChanged();
  }

  private read({ store, n }: Pick<KeptResult, 'store' | 'n'>): void {
    this.agent.ownStore('keptResults', { after: { store, n }, limit: taskLimits.tasksPerPage });
  }
}
