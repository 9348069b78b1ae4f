/**
 * Tasks as programs see them: to order work, to follow what becomes of it, and to work.
 *
 * What is ordered is kept by the swarm until it has ended. Implemented here for a node of this process and in
 * `api/attached-tasks.ts` for one in another.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { MessageStream, StreamOptions, WaitOptions } from '../../kit/streams.ts';
import type { Priority, TaskState } from './core/tasks-types.ts';

export type { Priority as TaskPriority, TaskState } from './core/tasks-types.ts';

/** What tasks are named by: text, or what `service()` has made. */
export interface TaskService<Input, Output> {
  /** 1 to 64 of `[A-Za-z0-9._-]`. */
  readonly name: string;
  /** Checks inputs, as they are ordered and before they are worked on. */
  readonly input: StandardSchemaV1<unknown, Input> | undefined;
  /** Checks results at both ends. */
  readonly output: StandardSchemaV1<unknown, Output> | undefined;
  /** To run a task twice does no harm: it is run again where its worker is lost, up to 3 times. */
  readonly idempotent: boolean;
}

/** What a task needs of the worker that runs it. */
export interface TaskNeeds {
  /** Cores that it keeps busy, a whole number. Default: it says nothing of it. */
  readonly cores?: number;
  /** Bytes, or text such as `8G`. Default: it says nothing of it. */
  readonly memory?: number | string;
  /** Words that the worker must have named as its software. */
  readonly software?: readonly string[];
  /** Units of what the worker has named as its resources, by kind: `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** The only node that may run it. */
  readonly node?: string;
  /** Nodes that may not. */
  readonly not?: readonly string[];
}

/** One of several parts of a task. What it does not say is as the task says. */
export interface TaskPart extends TaskNeeds {
  /** What is to be done. */
  readonly service?: TaskService<unknown, unknown> | string;
  /** With what. */
  readonly input?: unknown;
  /** Of one attempt at it. */
  readonly timeoutMs?: number;
  /** How often it may be begun. */
  readonly attempts?: number;
}

/** How a task is ordered. */
export interface OrderOptions extends TaskNeeds {
  /** 1: to the front of the queue, 2: to its middle, 3: to its end. Default 3. */
  readonly priority?: Priority;
  /** It is not run before. Default: at once. */
  readonly notBefore?: Date;
  /** Where it is not begun by then it expires; where it runs it is cancelled. Default: none. */
  readonly deadline?: Date;
  /** Of one attempt: after it the attempt has failed. Default: it has the time that it needs. */
  readonly timeoutMs?: number;
  /** How often it may be begun. Default: 1; 3 of a service where to run it twice does no harm. */
  readonly attempts?: number;
  /** The same key means the same task for as long as that is kept, a day at least. */
  readonly idempotencyKey?: string;
  /** Ids of tasks, or tasks, that must be done before it begins; where one of them ends otherwise, it fails. */
  readonly after?: readonly (string | { readonly id: string })[];
  /** What is done where no worker that was ever here could run it. Default `refuse`. */
  readonly ifInfeasible?: 'refuse' | 'queue';
  /**
   * `letter`: how it ends goes into the mailbox of its author too, also while that is off: a letter of its own name to itself,
   * of type `task.ended`, with a `TaskEnded` as body. Its id is that of the task. Default: nothing is sent.
   */
  readonly reply?: 'letter';
  /** Ends the wait until the task is stored; it may be stored all the same. */
  readonly signal?: AbortSignal;
}

/** The body of the letter that says how a task has ended which was ordered with `reply: 'letter'`. */
export interface TaskEnded<Output = unknown> {
  /** Its id. */
  readonly task: string;
  /** What it asked for; empty: it has several parts. */
  readonly service: string;
  /** How it has ended. */
  readonly state: 'done' | 'failed' | 'cancelled' | 'expired' | 'lost';
  /** Of one that is done, up to 1 MiB; of several parts the list of theirs. */
  readonly result?: Output;
  /** Why there is no result. */
  readonly error?: string;
}

/** How a task of several parts is ordered. */
export interface PartsOptions extends OrderOptions {
  /**
   * 1 to 1,000 parts that make up the task: each runs where there is room for it, and the result is the list of theirs, in
   * order. Where one ends otherwise than done, the others are cancelled and the task fails.
   */
  readonly parts: readonly TaskPart[];
}

/** One of several tasks that are ordered together. */
export interface ManyOrder extends Omit<OrderOptions, 'signal'> {
  /** What is to be done. */
  readonly service: TaskService<unknown, unknown> | string;
  /** With what. */
  readonly input: unknown;
  /** See `PartsOptions`. */
  readonly parts?: readonly TaskPart[];
}

/** A change of a task. */
export interface TaskEvent {
  /** How it is now. */
  readonly state: TaskState;
  /** How often it was begun. */
  readonly attempt: number;
  /** Who has it; empty: nobody. */
  readonly worker: string;
  /** Why it is so; empty: nothing is said. */
  readonly reason: string;
  /** How far it is, 0 to 1, as its worker says. Absent: it has said nothing. */
  readonly progress?: number;
  /** What its worker says besides. */
  readonly note?: string;
}

/** All that is known of a task. */
export interface TaskView {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Its place in the store: later tasks have higher ones. */
  readonly n: number;
  /** Name of its author. */
  readonly from: string;
  /** What it asks for; empty: it has several parts. */
  readonly service: string;
  /** How it is now. */
  readonly state: TaskState;
  /** Where it was put into the queue. */
  readonly priority: number;
  /** When it was ordered. */
  readonly orderedAt: Date;
  /** When its last attempt was begun. Absent: none was. */
  readonly startedAt?: Date;
  /** When it ended. Absent: it has not. */
  readonly endedAt?: Date;
  /** How often it was begun, and how often it may be; 0: as the service says. */
  readonly attempt: number;
  /** See `attempt`. */
  readonly attempts: number;
  /** Of its last claim: it rises with each one of the swarm. */
  readonly fence: number;
  /** Who has it, or was the last to. Empty: nobody was. */
  readonly worker: string;
  /** Why it is so; empty: nothing is said. */
  readonly reason: string;
  /** The task that it repeats; empty: none. */
  readonly retryOf: string;
  /** The task that it is a part of; empty: none. */
  readonly parent: string;
  /** Bytes of its input and of its result. */
  readonly inputBytes: number;
  /** See `inputBytes`. */
  readonly resultBytes: number;
  /** How far it is, 0 to 1. Absent: nothing was said. */
  readonly progress?: number;
  /** What its worker says besides. */
  readonly note?: string;
  /** Ids of tasks that must be done before it begins. */
  readonly after: readonly string[];
  /** Of a task of several parts each of them, in order. */
  readonly parts: readonly TaskPartView[];
  /** What it waits for, and why each worker does not take it. */
  readonly why: readonly string[];
}

/** A part of a task. */
export interface TaskPartView {
  /** 32 hexadecimal digits: it is a task like others, which can be asked for by its id. */
  readonly id: string;
  /** What it asks for. */
  readonly service: string;
  /** How it is now. */
  readonly state: TaskState;
}

/** A task in a list. */
export type ListedTaskView = Omit<TaskView, 'after' | 'parts' | 'why'>;

/** Which tasks are listed: those that fit everything that is said here. */
export interface TaskListFilter {
  /** One of these. */
  readonly states?: readonly TaskState[];
  /** Of this service. */
  readonly service?: string;
  /** Ordered by this node. */
  readonly author?: string;
  /** That this worker has, or was the last to. */
  readonly worker?: string;
  /** Ordered then or later. */
  readonly since?: Date;
  /** Ordered before. */
  readonly until?: Date;
  /** After this place in the store: that of the last page. Default 0. */
  readonly after?: number;
}

/** A page of tasks. It may hold few or none although there are more. */
export interface TaskListPage {
  /** In the order in which they were ordered. */
  readonly tasks: readonly ListedTaskView[];
  /** The next page goes on after it. */
  readonly place: number;
  /** There is a next page. */
  readonly isMore: boolean;
}

/**
 * What a cancel has come to: it was never begun and will not be; some worker had it before, and it will not be begun again;
 * its worker was asked to stop; it had ended before; or there is no such task.
 */
export type CancelOutcome = 'never-started' | 'stopped' | 'stopping' | 'too-late' | 'unknown';

/** A task that was ordered. */
export interface Task<Output = unknown> {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** It was ordered before, under the same idempotency key. */
  readonly isRepeat: boolean;
  /**
   * Its result. @throws SkeinError as it has ended: SKEIN_FAILED, SKEIN_ABORTED (cancelled), SKEIN_EXPIRED, SKEIN_LOST
   * (it may have run); `details` has its state. SKEIN_TIMEOUT, SKEIN_ABORTED where the wait was ended.
   */
  result(options?: WaitOptions): Promise<Output>;
  /** How it is, and each change after that until it has ended. */
  events(options?: StreamOptions): MessageStream<TaskEvent>;
  /** All that is known of it. Undefined: it is forgotten. */
  status(): Promise<TaskView | undefined>;
  /** Commits that it is cancelled, and asks its worker to stop. */
  cancel(): Promise<CancelOutcome>;
}

/** A task that a worker runs. */
export interface Job<Input = unknown> {
  /** Id of the task. */
  readonly id: string;
  /** What it asks for. */
  readonly service: string;
  /** With what it was ordered. */
  readonly input: Input;
  /** Name of its author. */
  readonly from: string;
  /** How often it was begun, this time included. */
  readonly attempt: number;
  /** Higher than that of any earlier claim of the swarm: what it writes elsewhere can be distinguished from what an earlier attempt writes. */
  readonly fence: number;
  /** Fires when it is cancelled, when its time is over, or when its worker cannot be sure any more that the task is its own. */
  readonly signal: AbortSignal;
  /** Says how far it is. @param share 0 to 1. @param note At most 256 bytes. */
  progress(share: number, note?: string): void;
}

/** How a node works. */
export interface WorkOptions {
  /** Tasks of this service at a time. Default 1. */
  readonly concurrency?: number;
  /** Tasks of it that may wait at this worker besides. Default 0. */
  readonly queue?: number;
  /** Cores that the node has for all its tasks. Default: those of the machine that its process may use, limits of control groups included. */
  readonly cores?: number;
  /** Bytes, or text such as `8G`, that it has for all of them. Default: what is free as the node begins to work. */
  readonly memory?: number | string;
  /** Words by which tasks ask for it. */
  readonly software?: readonly string[];
  /** Units that it has, by kind: `{ gpu: 2 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** Work at a service. */
export interface Work extends AsyncDisposable {
  /** Resolves once the broker knows that the node offers it: what is ordered from then on may come here. @throws SkeinError SKEIN_INVALID: the module cannot be loaded, or has no handler. */
  readonly opened: Promise<void>;
  /** Takes nothing more; what runs goes on. Resolves once nothing of it runs. */
  close(): Promise<void>;
}

/** A worker, and whether it could take a task of the needs that were asked for. */
export interface WorkerView {
  /** Name of its node. */
  readonly name: string;
  /** What it runs, and how much at a time. */
  readonly services: readonly {
    readonly service: string;
    readonly concurrency: number;
    readonly queue: number;
  }[];
  /** It is here. */
  readonly isHere: boolean;
  /** Why it does not take such a task now; empty: it does. */
  readonly whyNot: string;
  /** Tasks remaining: those that it is asked to take, that wait in its own queue, and that run. */
  readonly tasks: number;
  /** Of these, those that wait in its own queue. */
  readonly waiting: number;
  /** When it could begin such a task. Absent: nobody knows, or never. */
  readonly begins?: BeginsEstimate;
  /** Cores that it has for tasks, and those that its tasks leave. */
  readonly cores: number;
  /** See `cores`. */
  readonly freeCores: number;
  /** Bytes of memory that it has for tasks, and those that its tasks leave. */
  readonly memory: number;
  /** See `memory`. */
  readonly freeMemory: number;
  /** Its software. */
  readonly software: readonly string[];
  /** Units of its resources, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Absent: it has said nothing yet. */
  readonly figures?: WorkerStatistics;
}

/** When a worker could begin a task, in milliseconds from now, by how long tasks have run. */
export interface BeginsEstimate {
  /** If what it has takes as long as its service takes at the median. */
  readonly p50Ms: number;
  /** The same at the ninth decile. */
  readonly p90Ms: number;
  /** From this number of tasks that were done; 0: it has room now. */
  readonly count: number;
  /** When the oldest of its figures was computed, in Unix milliseconds. */
  readonly computedAt: number;
}

/** What a worker says every 3 s of its machine, and of what it has done since its node was started. */
export interface WorkerStatistics {
  /** Processes that run or want to, for each core, on average of a minute: 0 to 1. Absent: its machine does not say. */
  readonly load?: number;
  /** Bytes of memory of its machine that nobody uses. */
  readonly freeMemory: number;
  /** Tasks that it has done. */
  readonly done: number;
  /** Attempts that have failed there. */
  readonly failed: number;
  /** For which those that are done have run, on average. Absent: none is done yet. */
  readonly meanMs?: number;
}

/** A service, as the broker sees it. */
export interface ServiceView {
  /** Its name. */
  readonly service: string;
  /** Tasks of it that wait for a worker. */
  readonly depth: number;
  /** When the oldest of these was ordered, in Unix milliseconds. Absent: none waits. */
  readonly oldestAt?: number;
  /** Tasks of it that workers have. */
  readonly atWorkers: number;
  /** Workers that are here and have it: at most 100 of them, by name. */
  readonly workers: readonly string[];
  /** All of them. */
  readonly workerCount: number;
  /** How long its tasks wait and run. Absent: none was done yet. */
  readonly durations?: DurationsEstimate;
}

/** How long the tasks of a service that were done last have waited and run, in milliseconds. */
export interface DurationsEstimate {
  /** Until they began: half of them did not wait longer, and nine tenths did not. */
  readonly waitedP50: number;
  /** See `waitedP50`. */
  readonly waitedP90: number;
  /** From then until they were done. */
  readonly ranP50: number;
  /** See `ranP50`. */
  readonly ranP90: number;
  /** From this number of tasks. */
  readonly count: number;
  /** When it was computed, in Unix milliseconds. */
  readonly computedAt: number;
}

/** Orders, tasks and workers of a node. */
export interface TasksApi {
  /** Orders a task of several parts. @param service Of parts that name none. @param input The same. */
  order<Output = unknown>(
    service: TaskService<unknown, Output> | string,
    input: unknown,
    options: PartsOptions,
  ): Promise<Task<readonly Output[]>>;
  /**
   * Orders a task. Resolves once the swarm has stored it.
   * @throws SkeinError SKEIN_INFEASIBLE: no worker that was ever here could run it; SKEIN_REFUSED; SKEIN_BUSY;
   * SKEIN_TOO_LARGE; SKEIN_INVALID; SKEIN_STORE_FULL; SKEIN_TIMEOUT, SKEIN_ABORTED: it may be stored all the same, under the id
   * in `details.ids` (a list; not where a program in another process aborts), or under that of an earlier order of its key.
   */
  order<Input, Output>(
    service: TaskService<Input, Output> | string,
    input: Input,
    options?: OrderOptions,
  ): Promise<Task<Output>>;
  /** Orders several, all of them or none, with one commit: at most 1,000, each part counts as one. */
  orderMany(orders: readonly ManyOrder[], options?: { readonly signal?: AbortSignal }): Promise<Task[]>;
  /** A task by its id, of any author. */
  task<Output = unknown>(id: string): Task<Output>;
  /** Those that fit, from the oldest on. */
  list(filter?: TaskListFilter): Promise<TaskListPage>;
  /** Orders a task that has ended otherwise than done again, as a new one; of several parts all of them. @returns Its id. */
  retry(id: string): Promise<string>;
  /** Forgets a task that has ended. @returns False: it has not, or there is none. */
  remove(id: string): Promise<boolean>;
  /**
   * Runs tasks of a service, one after the other or several at a time.
   * @param handler A function, which must not block the event loop; or the path (from the working directory) or `file:` URL of a
   * module whose default export is one. Each task of a module has a thread to itself, which may block. Where that thread dies,
   * or goes on for 5 s after its signal has fired and is ended, the attempt fails.
   * @throws SkeinError SKEIN_INVALID: this node works on that service already, or there is no such module.
   */
  work<Input, Output>(
    service: TaskService<Input, Output> | string,
    handler: ((job: Job<Input>) => Output | Promise<Output>) | string | URL,
    options?: WorkOptions,
  ): Work;
  /** Workers that are here or have tasks, ranked: those first that would take such a task now, with most room. */
  workers(service?: string, needs?: TaskNeeds): Promise<readonly WorkerView[]>;
  /** Services that are ordered, worked on, or of which tasks were done, by name. */
  services(): Promise<readonly ServiceView[]>;
  /** A worker is to finish what it has and take nothing new, to give back what it has, or to go on. */
  drain(worker: string, how?: 'finish' | 'now' | 'off'): Promise<void>;
}

/** What a node has of tasks. */
export interface TasksNodeApi {
  /** Orders, tasks and workers. */
  readonly tasks: TasksApi;
}
