/**
 * Results of this node's work in its own store, until the swarm has them.
 *
 * Made by the tasks behavior. Invariant: what was kept there is handed in by the next incarnation too; what cannot be kept,
 * since the disk fails, is handed in from memory alone. What cannot be read is read again until it can be.
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

/** Reading again changes nothing. */
const hasNoStore = 'SKEIN_INVALID';
const never = Number.POSITIVE_INFINITY;

type Completion = StoreCompletion<TasksShape['ownStore']>;

export interface OwnResultsPorts {
  loaded(kept: readonly KeptResult[]): void;
  /** It has begun, or is over: all is loaded, or the disk has failed for a while. */
  loadingChanged(): void;
}

export class OwnResults {
  private readonly agent: BehaviorAgent<TasksShape>;
  private readonly ports: OwnResultsPorts;
  private state: 'unread' | 'loading' | 'loaded' = 'unread';
  /** The last one could not be kept. */
  private isFailing = false;
  /** All before this place was read. */
  private place: Pick<KeptResult, 'store' | 'n'> = { store: 0, n: 0 };
  /** Reads that have failed, since one has not. */
  private failedReads = 0;
  private readAgainAt = never;

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
    this.read();
    this.ports.loadingChanged();
  }

  nextDeadline(): number {
    return this.readAgainAt;
  }

  deadline(now: number): void {
    if (now < this.readAgainAt) return;
    this.readAgainAt = never;
    this.read();
  }

  keep(kept: KeptResult): void {
    this.agent.ownStore('keepResult', kept);
  }

  drop(place: AttemptPlace): void {
    this.agent.ownStore('dropResult', place);
  }

  completed(completion: Completion): void {
    if (!completion.ok) this.failed(completion.verb, completion.failure);
    else if (completion.verb === 'keepResult') this.isFailing = false;
    else if (completion.verb === 'keptResults') this.found(completion.value as readonly KeptResult[]);
  }

  private found(kept: readonly KeptResult[]): void {
    this.failedReads = 0;
    if (kept.length > 0) this.ports.loaded(kept);
    const last = kept.length < taskLimits.tasksPerPage ? undefined : kept.at(-1);
    if (last === undefined) return this.loaded();
    this.place = last;
    this.read();
  }

  /** Of what fails again and again, once: on a disk that is full no result can be kept. */
  private failed(verb: Completion['verb'], failure: Failure): void {
    const isKnown = { keepResult: this.isFailing, keptResults: this.failedReads > 0, dropResult: false }[
      verb
    ];
    if (verb === 'keepResult') this.isFailing = true;
    if (verb === 'keptResults') this.unread(failure);
    const { code, message } = failure;
    if (!isKnown) this.agent.log('warn', `${whatFailed[verb]}: ${message}`, { code });
  }

  /** Results that come too late for their tasks are refused: the worker waits for them, but not for long. */
  private unread({ code }: Failure): void {
    const { taskResultsAgainMs, taskResultsAgainMsMax, taskResultsReadsFirst } = taskLimits;
    this.failedReads++;
    if (code === hasNoStore) return this.loaded();
    const waitMs = Math.min(taskResultsAgainMs * 2 ** (this.failedReads - 1), taskResultsAgainMsMax);
    this.readAgainAt = this.agent.now + waitMs;
    if (this.failedReads >= taskResultsReadsFirst) this.loaded();
  }

  private loaded(): void {
    if (this.state === 'loaded') return;
    this.state = 'loaded';
    this.ports.loadingChanged();
  }

  private read(): void {
    this.agent.ownStore('keptResults', { after: this.place, limit: taskLimits.tasksPerPage });
  }
}
