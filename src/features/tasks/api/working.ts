/**
 * `tasks.work`: the program's handlers, and the tasks that they run.
 *
 * Made by the tasks facade. Invariant: what becomes of each attempt is said once; what a handler does after that changes
 * nothing. What it throws is data: its text is the reason of the task.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { decodeBody, encodeBody } from '../../../kit/codec.ts';
import { checkShare } from '../../../kit/handler-threads.ts';
import { type Machine, type MachineFacts, machinePart } from '../../../kit/machine.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { passedErrorOf } from '../../../kit/passed-error.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import { subscription } from '../../../kit/subscription.ts';
import { withResolvers } from '../../../kit/with-resolvers.ts';
import type { Job, TaskService, Work, WorkOptions } from '../api.ts';
import type { AttemptPlace, WorkEvent } from '../core/member-events.ts';
import type { Assignment, WorkerFigures } from '../core/messages.ts';
import { type Capacity, capacityOf, type MachineRoom, type Offered } from '../core/requirements.ts';
import type { Tasks } from '../core/tasks.ts';
import type { TasksFeatureShape } from '../shape.ts';
import { checkWork, taskService } from './check-options.ts';
import { LoopWatch } from './loop-watch.ts';
import { checkResultBytes, type GivenHandler, handlerOf } from './module-handler.ts';
import { UnheardWork } from './unheard-work.ts';

type Ports = NodePorts<TasksFeatureShape, Tasks>;

interface Worker {
  readonly service: TaskService<never, unknown>;
  readonly handler: GivenHandler;
  readonly offered: Offered;
  readonly capacity: Partial<Capacity>;
  /** `loading`: its module is, and nothing is offered yet. */
  state: 'loading' | 'open' | 'closed';
  running: number;
  idle: (() => void)[];
}

interface Running {
  readonly worker: Worker;
  readonly controller: AbortController;
  /** Its end was said. */
  isOver: boolean;
}

/** Where nothing can be measured. */
const unknownRoom: MachineRoom = { cores: 1, freeMemoryBytes: 2 ** 30 };

export class Working {
  private readonly ports: Ports;
  private readonly workers = new Map<string, Worker>();
  private readonly running = new Map<string, Running>();
  private readonly watch: LoopWatch;
  private room: MachineRoom | undefined;
  private readonly unheard = new UnheardWork<Worker>();
  private whenIdle: (() => void) | undefined;

  constructor(ports: Ports) {
    this.ports = ports;
    this.watch = new LoopWatch(ports, (text) => {
      if (ports.tryEnter()) ports.behavior.warn(text);
    });
  }

  work(given: unknown, givenHandler: unknown, options: WorkOptions): Work {
    this.ports.checkOpen();
    const service = taskService('tasks.work', given);
    const capacity = checkWork(options);
    const { name } = service;
    if (this.workers.has(name)) {
      const text = `this node works on "${name}" already: close that first`;
      throw new SkeinError('SKEIN_INVALID', text);
    }
    const handler = handlerOf(givenHandler, this.ports, this.watch);
    const { concurrency = 1, queue = 0, signal } = options;
    const offered = { service: name, concurrency, queue, isIdempotent: service.idempotent };
    const worker: Worker = { service, handler, offered, capacity, state: 'loading', running: 0, idle: [] };
    this.workers.set(name, worker);
    const opened = this.open(worker);
    // That the node is closed is reported by its `close` event.
    opened.catch(() => undefined);
    return subscription(opened, () => this.close(worker), signal);
  }

  handle(event: WorkEvent): void {
    if (event.type === 'begin') void this.begin(event.place, event.task);
    else if (event.type === 'known') this.unheard.known(event.word);
    else
      this.running.get(keyOf(event.place))?.controller.abort(new SkeinError('SKEIN_ABORTED', event.reason));
  }

  /** The kernel behind this node has changed. */
  resume(): void {
    this.unheard.forgotten();
    if (this.workers.size === 0) return;
    this.announce().then(
      (word) => this.unheard.saidAgain(word),
      () => undefined,
    );
  }

  /** The node is to end: nothing new begins. @param idle Called once nothing runs and the swarm has what became of it. */
  drain(idle: () => void): void {
    this.whenIdle = idle;
    if (this.ports.tryEnter()) this.ports.behavior.workbench.drain();
    this.lookIdle();
  }

  /** The swarm has all that was handed in. */
  settled(): void {
    this.lookIdle();
  }

  end(): void {
    const closed = new SkeinError('SKEIN_CLOSED', 'the node has ended');
    for (const { controller } of this.running.values()) controller.abort(closed);
    for (const { handler } of this.workers.values()) handler.module?.close();
    this.unheard.end(closed);
  }

  private async open(worker: Worker): Promise<void> {
    const { module } = worker.handler;
    if (module !== undefined) {
      try {
        await module.loaded;
      } catch (error) {
        this.leave(worker);
        throw error;
      }
    }
    if (worker.state !== 'loading') return;
    worker.state = 'open';
    const word = await this.announce();
    if (worker.state !== 'open') throw closedEarly();
    return this.unheard.said(worker, word);
  }

  private async announce(): Promise<number> {
    this.ports.enter();
    const { behavior } = this.ports;
    const machine = this.ports.platformPart<Machine>(machinePart);
    if (machine !== undefined) behavior.machine = () => figuresOf(machine.facts());
    const services = this.openWorkers.map(({ offered }) => offered);
    return this.ports.ask('work', { services, capacity: this.capacity() });
  }

  private get openWorkers(): Worker[] {
    return [...this.workers.values()].filter(({ state }) => state === 'open');
  }

  /** What the machine has is fixed as the node begins to work: what its own tasks use later is counted for each of them. */
  private capacity(): Capacity {
    this.room ??= this.ports.platformPart<Machine>(machinePart)?.facts() ?? unknownRoom;
    return capacityOf(
      this.openWorkers.map(({ capacity }) => capacity),
      this.room,
    );
  }

  /** It takes nothing more. */
  private leave(worker: Worker): void {
    const wasOpen = worker.state === 'open';
    if (worker.state === 'closed') return;
    worker.state = 'closed';
    this.workers.delete(worker.service.name);
    worker.handler.module?.close();
    this.unheard.closed(worker, closedEarly());
    if (wasOpen && this.ports.tryEnter()) this.announce().catch(() => undefined);
  }

  private async close(worker: Worker): Promise<void> {
    this.leave(worker);
    if (worker.running === 0) return;
    const { promise, resolve } = withResolvers();
    worker.idle.push(resolve);
    return promise;
  }

  // ── one task ──────────────────────────────────────────────────────────────────────────────────────

  private async begin(place: AttemptPlace, task: Assignment): Promise<void> {
    const worker = this.workers.get(task.service);
    // It was closed in this very turn: its task was given back, and this is ignored.
    if (worker === undefined)
      return this.failed(place, `this node works on no "${task.service}" any more`, false);
    const running: Running = { worker, controller: new AbortController(), isOver: false };
    this.running.set(keyOf(place), running);
    worker.running++;
    try {
      const output = await this.run(worker, running, place, task);
      const { encoding, bytes } = encodeBody(output);
      checkResultBytes(bytes.length);
      running.isOver = true;
      if (this.ports.tryEnter())
        this.ports.behavior.workbench.ended(place, {
          outcome: 'done',
          result: { encoding, body: bytes },
        });
    } catch (error) {
      running.isOver = true;
      this.failed(place, reasonOf(error), isFinalFailure(error));
    }
    this.running.delete(keyOf(place));
    worker.running--;
    if (worker.running === 0) for (const idle of worker.idle.splice(0)) idle();
    this.lookIdle();
  }

  private async run(
    worker: Worker,
    running: Running,
    place: AttemptPlace,
    task: Assignment,
  ): Promise<unknown> {
    const { service, handler } = worker;
    const what = `task ${service.name}`;
    const given = decodeBody(task.input.encoding, task.input.body);
    const input = await checkBySchema(service.input, given, `${what}: input`);
    const { id, author, attempt, fence } = task;
    const job: Job = {
      ...{ id, service: service.name, input, from: author, attempt, fence },
      signal: running.controller.signal,
      progress: (share, note = '') => this.progress(running, place, share, note),
    };
    return checkBySchema(service.output, await handler.run(job), `${what}: result`);
  }

  private progress({ isOver }: Running, place: AttemptPlace, share: number, note: string): void {
    checkShare(share);
    if (isOver || !this.ports.tryEnter()) return;
    this.ports.behavior.workbench.progress(place, share, note);
  }

  private failed(place: AttemptPlace, reason: string, isFinal: boolean): void {
    if (this.ports.tryEnter())
      this.ports.behavior.workbench.ended(place, { outcome: 'failed', reason, isFinal });
  }

  private lookIdle(): void {
    if (this.whenIdle === undefined || this.running.size > 0) return;
    if (this.ports.tryEnter() && this.ports.behavior.workbench.isOwed) return;
    const idle = this.whenIdle;
    this.whenIdle = undefined;
    idle();
  }
}

function figuresOf({
  load,
  cores,
  freeMemoryBytes,
}: MachineFacts): Pick<WorkerFigures, 'load' | 'freeMemory'> {
  return { load: load === undefined ? -1 : Math.min(1, load / cores), freeMemory: freeMemoryBytes };
}

function closedEarly(): SkeinError {
  return new SkeinError('SKEIN_CLOSED', 'the work was closed before the broker knew of it');
}

function keyOf({ store, n, fence }: AttemptPlace): string {
  return `${store} ${n} ${fence}`;
}

/** As a text of one task, without what could steer a terminal. */
function reasonOf(error: unknown): string {
  const { code, message } = passedErrorOf(error);
  const reason = code === undefined || message.includes(code) ? message : `${code}: ${message}`;
  return reason.replace(/\p{Cc}+/gu, ' ');
}

/** It would fail in the same way another time. */
function isFinalFailure(error: unknown): boolean {
  return error instanceof SkeinError && (error.code === 'SKEIN_INVALID' || error.code === 'SKEIN_TOO_LARGE');
}
