/**
 * A handler of a program whose node is in another process: calls it for each item that the node hands over, and says by
 * its ticket what became of it.
 *
 * Used by the attached parts of features; `handler-streams.ts` is the node's side. Invariant: each item is settled once,
 * in the session in which it was given, or why it was not is reported. A ticket of a session that was lost says nothing in
 * the next one, where its number is another item's.
 */
import { SkeinError } from '../kernel/errors.ts';
import { LateAbort } from './late-abort.ts';
import { type PassedError, passedErrorOf } from './passed-error.ts';
import type { MessageStream, MessageSubscription, Taking } from './streams.ts';

interface Ticketed {
  readonly ticket: number;
}

interface Failed {
  readonly failure: PassedError;
}

export interface AttachedHandlerPorts<Given extends Ticketed, Task extends Given, Answer extends object> {
  /** @param lost Called when the session is lost; the stream goes on in the next one. */
  open(lost: () => void): MessageStream<Given> & Taking<Given>;
  /** Otherwise it says that nobody waits any more for what has its ticket. Default: each is one. */
  isTask?(given: Given): given is Task;
  /** Resolves with what is said of it, without its ticket. @param left Aborted once nobody waits for it. */
  handle(task: Task, left: LateAbort): Promise<Answer>;
  settle(settlement: Ticketed & (Answer | Failed), failed: (problem: Error) => void): void;
  /** What was to be said of an item did not reach the node. */
  unsettled(problem: Error): void;
  /** Each is handled once the one before it is. Default: all as they come. */
  isOneByOne?: boolean;
  /** Nothing comes any more. */
  ended?(): void;
}

/** Begins to handle what comes. */
export function attachedHandler<Given extends Ticketed, Task extends Given, Answer extends object>(
  ports: AttachedHandlerPorts<Given, Task, Answer>,
): MessageSubscription {
  const atWork = new AtWork(ports);
  const stream = ports.open(() => {
    // The node gives it to somebody again, or the node that waits for it has heard that it is lost.
    while (stream.takeNow?.() !== undefined);
    atWork.abort();
  });
  // What ended it is reported by `opened`, or by the `close` event.
  void handleAll(ports, stream, atWork)
    .catch(() => atWork.abort())
    .finally(() => ports.ended?.());
  return stream;
}

async function handleAll<Given extends Ticketed, Task extends Given, Answer extends object>(
  { isTask, isOneByOne = false }: AttachedHandlerPorts<Given, Task, Answer>,
  stream: AsyncIterable<Given>,
  atWork: AtWork<Task, Answer>,
): Promise<void> {
  try {
    for await (const given of stream) {
      if (isTask?.(given) === false) {
        atWork.leave(given.ticket);
        continue;
      }
      const done = atWork.begin(given as Task);
      if (isOneByOne) await done;
    }
  } finally {
    atWork.leaveAll();
  }
}

type WorkPorts<Task extends Ticketed, Answer extends object> = Pick<
  AttachedHandlerPorts<Task, Task, Answer>,
  'handle' | 'settle' | 'unsettled'
>;

/** What the program works on, of the session of the moment. */
class AtWork<Task extends Ticketed, Answer extends object> {
  private readonly ports: WorkPorts<Task, Answer>;
  private byTicket = new Map<number, LateAbort>();

  constructor(ports: WorkPorts<Task, Answer>) {
    this.ports = ports;
  }

  /** Resolves once it is handled. Never rejects. */
  async begin(task: Task): Promise<void> {
    const { ticket } = task;
    const { byTicket } = this;
    const left = new LateAbort(nobodyWaits);
    byTicket.set(ticket, left);
    const outcome = await this.outcome(task, left);
    byTicket.delete(ticket);
    if (byTicket === this.byTicket) this.settle({ ticket, ...outcome });
    else this.ports.unsettled(sessionLost());
  }

  leave(ticket: number): void {
    this.byTicket.get(ticket)?.abort();
  }

  leaveAll(): void {
    for (const left of this.byTicket.values()) left.abort();
  }

  /** Their session is lost. */
  abort(): void {
    this.leaveAll();
    this.byTicket = new Map();
  }

  private async outcome(task: Task, left: LateAbort): Promise<Answer | Failed> {
    try {
      return await this.ports.handle(task, left);
    } catch (problem) {
      return failed(problem);
    }
  }

  private settle(settlement: Ticketed & (Answer | Failed)): void {
    const { settle, unsettled } = this.ports;
    const lost = (problem: Error): void => unsettled(problem);
    try {
      settle(settlement, lost);
    } catch (problem) {
      // The node is away, or the answer is nothing that can be sent: then the other end hears that.
      if ('failure' in settlement || problem instanceof SkeinError) return unsettled(problem as Error);
      this.settle({ ticket: settlement.ticket, ...failed(problem) });
    }
  }
}

function failed(problem: unknown): Failed {
  return { failure: passedErrorOf(problem) };
}

function nobodyWaits(): DOMException {
  return new DOMException('nobody waits for the answer any more', 'AbortError');
}

function sessionLost(): SkeinError {
  return new SkeinError('SKEIN_CLOSED', 'the connection to the node on which it came was lost');
}
