/**
 * Results of this node's work in its own store, until the swarm has them.
 *
 * Made by the tasks behavior. Invariant: what was kept there is handed in by the next incarnation too; what cannot be kept,
 * since the disk fails, is handed in from memory, and is tried again on the disk until it is kept or the swarm has it. What
 * cannot be read is read again until it can be.
 */
import type { BehaviorAgent, StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { keyOf } from './attempt-key.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import { againMs, type Keeping, RefusedResults } from './refused-results.ts';
import type { TasksShape } from './tasks-shape.ts';
import type { KeptResult } from './tasks-types.ts';

const whatFailed = {
  keepResult:
    'results cannot be kept on this machine for now, and are lost if this node ends before they can be',
  dropResult: 'a result that the swarm has could not be removed from this machine',
  keptResults: 'results of an earlier run could not be read on this machine',
} as const;

/** To try again changes nothing. */
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
  /** The last one that was new could not be kept. */
  private isFailing = false;
  /** Given to the store, which has not answered yet: by token. */
  private readonly asked = new Map<number, Keeping>();
  /** Not kept yet, and not dropped: keys of attempts. */
  private readonly wanted = new Set<string>();
  private readonly refused = new RefusedResults();
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
    return Math.min(this.readAgainAt, this.refused.nextDeadline());
  }

  deadline(now: number): void {
    for (const keeping of this.refused.due(now)) this.put(keeping);
    if (now < this.readAgainAt) return;
    this.readAgainAt = never;
    this.read();
  }

  keep(kept: KeptResult): void {
    this.put({ kept, refusals: 0 });
  }

  drop(place: AttemptPlace): void {
    this.wanted.delete(keyOf(place));
    this.refused.drop(place);
    // The store may have it although it has said otherwise.
    this.agent.ownStore('dropResult', place);
  }

  completed(completion: Completion): void {
    const { token, verb } = completion;
    if (verb === 'keepResult') return this.kept(token, completion.ok ? undefined : completion.failure);
    if (!completion.ok) this.failed(verb, completion.failure);
    else if (verb === 'keptResults') this.found(completion.value as readonly KeptResult[]);
  }

  private put(keeping: Keeping): void {
    this.wanted.add(keyOf(keeping.kept));
    this.asked.set(this.agent.ownStore('keepResult', keeping.kept), keeping);
  }

  /** @param failure Why it was not. */
  private kept(token: number, failure: Failure | undefined): void {
    const { kept, refusals } = this.asked.get(token) as Keeping;
    this.asked.delete(token);
    const key = keyOf(kept);
    if (failure === undefined) this.isFailing = false;
    // Of what fails again and again, once: on a disk that is full no result can be kept.
    else if (refusals === 0 && !this.isFailing) {
      this.isFailing = true;
      this.warn('keepResult', failure);
    }
    if (failure === undefined || failure.code === hasNoStore) this.wanted.delete(key);
    else if (this.wanted.has(key)) this.refused.add({ kept, refusals: refusals + 1 }, this.agent.now);
  }

  private found(kept: readonly KeptResult[]): void {
    this.failedReads = 0;
    if (kept.length > 0) this.ports.loaded(kept);
    const last = kept.length < taskLimits.tasksPerPage ? undefined : kept.at(-1);
    if (last === undefined) return this.loaded();
    this.place = last;
    this.read();
  }

  private failed(verb: 'dropResult' | 'keptResults', failure: Failure): void {
    const isKnown = verb === 'keptResults' && this.failedReads > 0;
    if (verb === 'keptResults') this.unread(failure);
    if (!isKnown) this.warn(verb, failure);
  }

  private warn(verb: Completion['verb'], { code, message }: Failure): void {
    this.agent.log('warn', `${whatFailed[verb]}: ${message}`, { code });
  }

  /** Results that come too late for their tasks are refused: the worker waits for them, but not for long. */
  private unread({ code }: Failure): void {
    this.failedReads++;
    if (code === hasNoStore) return this.loaded();
    this.readAgainAt = this.agent.now + againMs(this.failedReads);
    if (this.failedReads >= taskLimits.taskResultsReadsFirst) this.loaded();
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
