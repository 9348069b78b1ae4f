/**
 * The answering side of calls: carries each request out at most once, and keeps the answer until its asker has it.
 *
 * Made by the calls behavior. Invariant: a handler is called at most once for a number of one life of an asker,
 * and not at all once that one has given up or is gone; what waits, runs and is kept is bounded, and whoever
 * exceeds it is told `busy` before anything has begun.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { lifeOf } from '../../../kernel/life.ts';
import { mayComeBack } from '../../../kernel/parts/reach.ts';
import { UnknownSources } from '../../../kernel/parts/unknown-sources.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { type Answer, type Caller, Callers, type Work } from './callers.ts';
import type { CallsEvent, Execution, ServeOptions } from './calls-types.ts';
import { callLimits } from './limits.ts';
import { Replies } from './replies.ts';
import { Service } from './service.ts';
import type { ServiceStanding } from './shared.ts';
import { CallCursor, encodeFailure, ReplyStatus, readGot, readLife } from './wire.ts';

export class Responder {
  readonly counts = { executed: 0, refused: 0, busy: 0, cancelled: 0, duplicates: 0, unknownSource: 0 };
  private readonly agent: BehaviorAgent;
  private readonly life: number;
  private readonly services = new Map<string, Service<Work>>();
  /** Of these services: those that are not announced. */
  private readonly hidden = new Set<string>();
  private readonly callers = new Callers();
  private readonly replies: Replies;
  private readonly cursor = new CallCursor();
  /** Queued and running, of all services. */
  private load = 0;
  private queuedBytes = 0;
  private begun: Work[] = [];
  private cancelled: Work[] = [];
  private readonly unknownSources = new UnknownSources();
  private lastSource: NodeId | undefined;

  constructor(agent: BehaviorAgent) {
    this.agent = agent;
    this.life = lifeOf(agent.self.instance);
    this.replies = new Replies(agent, () => this.load);
  }

  // ── what is offered ───────────────────────────────────────────────────────────────────────────────

  /** False when it is offered already. */
  serve(name: string, options: ServeOptions): boolean {
    if (this.services.has(name)) return false;
    this.agent.offerService(name);
    this.services.set(name, new Service(name, options));
    return true;
  }

  /** One that is not announced: the others have to know that it is there. */
  serveHidden(name: string, options: ServeOptions): void {
    this.hidden.add(name);
    this.services.set(name, new Service(name, options));
  }

  standing(name: string): ServiceStanding | undefined {
    return this.hidden.has(name) ? undefined : this.services.get(name)?.standing;
  }

  work(): { readonly running: number; readonly waiting: number } {
    const sum = { running: 0, waiting: 0 };
    for (const { name, standing } of this.services.values()) {
      if (this.hidden.has(name)) continue;
      sum.running += standing.running;
      sum.waiting += standing.waiting;
    }
    return sum;
  }

  /** What runs goes on; what waits is refused, so that its askers ask others. */
  unserve(name: string): void {
    const service = this.services.get(name);
    if (service === undefined) return;
    this.services.delete(name);
    if (!this.hidden.delete(name)) this.agent.withdrawService(name);
    for (const work of service.rest()) this.decline(work, ReplyStatus.refused);
  }

  /** The node ends. */
  stop(): void {
    for (const name of [...this.services.keys()]) this.unserve(name);
    for (const caller of this.callers.all()) this.leaveAll(caller);
  }

  get running(): number {
    return this.load;
  }

  // ── requests ──────────────────────────────────────────────────────────────────────────────────────

  /** False when it is malformed. */
  request(frame: Frame): boolean {
    const { cursor } = this;
    if (!cursor.readRequest(frame)) return false;
    const { source, sequence } = frame;
    if (cursor.forLife !== this.life) {
      this.replies.say(source, cursor.life, sequence, ReplyStatus.otherLife);
      return true;
    }
    // Its record is still on its way: nobody could be told a name.
    if (!this.isKnown(source)) {
      if (!this.unknownSources.hold(frame, this.agent.now)) this.counts.unknownSource++;
      return true;
    }
    const caller = this.callers.of(source, cursor.life);
    if (caller === undefined) this.refuse(source, sequence, ReplyStatus.busy);
    else if (caller.fateOf(sequence) === 'fresh') this.fresh(caller, sequence);
    else this.again(caller, sequence);
    return true;
  }

  /** A node is known: what it has asked already is taken now. */
  nodeKnown(source: NodeId): void {
    for (const frame of this.unknownSources.of(source)) this.request(frame);
  }

  /** Requests of one source mostly follow each other; a record stays for an hour after its node is lost. */
  private isKnown(source: NodeId): boolean {
    if (source === this.lastSource) return true;
    if (this.unknownSources.has(source)) return false;
    if (source !== this.agent.self.id && this.agent.directory.get(source) === undefined) return false;
    this.lastSource = source;
    return true;
  }

  private fresh(caller: Caller, number: number): void {
    const { cursor } = this;
    const service = this.services.get(cursor.service);
    if (service === undefined) return this.turnAway(caller, number, ReplyStatus.refused);
    const runs = service.hasRoom;
    const isFull =
      caller.works.size >= callLimits.callsUnresolvedMax ||
      (!runs && (service.isFull || this.queuedBytes + cursor.bodyBytes > callLimits.callsQueuedBytesMax));
    if (isFull) return this.turnAway(caller, number, ReplyStatus.busy);
    const body = cursor.body();
    const work: Work = {
      source: caller.source,
      life: caller.life,
      lifeTail: cursor.lifeTail,
      number,
      service: cursor.service,
      encoding: cursor.encoding,
      // What waits must not keep the whole chunk that it came in.
      input: runs ? body : body.slice(),
      deadline: this.agent.now + cursor.timeoutMs,
      handle: undefined,
      caller,
      offer: service,
      state: 'queued',
      answer: undefined,
    };
    caller.works.set(number, work);
    this.load++;
    if (runs) return this.begin(work);
    this.queuedBytes += body.length;
    service.wait(work);
  }

  /** Not carried out, and this number never will be. */
  private turnAway(caller: Caller, number: number, status: ReplyStatus): void {
    caller.isOver(number, false);
    this.refuse(caller.source, number, status);
  }

  private refuse(source: NodeId, number: number, status: ReplyStatus): void {
    if (status === ReplyStatus.busy) this.counts.busy++;
    else this.counts.refused++;
    this.replies.say(source, this.cursor.life, number, status);
  }

  private again(caller: Caller, number: number): void {
    this.counts.duplicates++;
    const work = caller.works.get(number);
    if (work?.state === 'answered') this.replyTo(work);
  }

  private begin(work: Work): void {
    work.state = 'running';
    work.offer.begun();
    this.counts.executed++;
    this.begun.push(work);
    this.agent.flushLater();
  }

  // ── answers ───────────────────────────────────────────────────────────────────────────────────────

  /** The hot path: called by the api within a turn of the kernel, once for each execution. */
  answered(execution: Execution, encoding: number, bytes: Uint8Array): void {
    this.conclude(execution as Work, { status: ReplyStatus.done, encoding, bytes });
  }

  failed(execution: Execution, code: string, message: string): void {
    this.conclude(execution as Work, failed(code, message));
  }

  private conclude(work: Work, answer: Answer): void {
    if (work.state !== 'running' && work.state !== 'left') return;
    work.offer.ended();
    work.input = nothing;
    this.load--;
    if (work.state === 'left') {
      work.caller.isOver(work.number, true);
    } else {
      work.state = 'answered';
      work.answer = answer;
      this.replies.keep(work);
      this.replyTo(work);
    }
    this.beginNext(work.offer);
  }

  private beginNext(service: Service<Work>): void {
    while (service.hasRoom) {
      const next = service.next();
      if (next === undefined) return;
      this.queuedBytes -= next.input.length;
      if (this.agent.now < next.deadline) this.begin(next);
      else this.drop(next);
    }
  }

  private replyTo(work: Work): void {
    if (work.answer !== undefined) this.replies.send(work, work.answer);
    else this.replies.say(work.source, work.life, work.number, ReplyStatus.lost);
  }

  /** Declined before it began: its asker asks another. */
  private decline(work: Work, status: ReplyStatus): void {
    this.queuedBytes -= work.input.length;
    this.drop(work);
    this.counts.refused++;
    this.replies.say(work.source, work.life, work.number, status);
  }

  /** One that waited is not carried out. */
  private drop(work: Work): void {
    this.load--;
    work.caller.isOver(work.number, false);
  }

  // ── what askers say later ─────────────────────────────────────────────────────────────────────────

  ask(frame: Frame): boolean {
    const life = readLife(frame);
    if (life === undefined) return false;
    const { source, sequence } = frame;
    const caller = this.callers.of(source, life);
    const work = caller?.works.get(sequence);
    if (work?.state === 'answered') this.replyTo(work);
    else if (work !== undefined) this.replies.say(source, life, sequence, ReplyStatus.working);
    else if (caller?.fateOf(sequence) === 'begun') this.replies.say(source, life, sequence, ReplyStatus.lost);
    else {
      // Should it come yet, by a way that was slower, it must not be carried out: the asker sends it anew.
      caller?.isOver(sequence, false);
      this.replies.sayUnknown(source, life, sequence);
    }
    return true;
  }

  cancel(frame: Frame): boolean {
    const life = readLife(frame);
    if (life === undefined) return false;
    const caller = this.callers.of(frame.source, life);
    const work = caller?.works.get(frame.sequence);
    if (work !== undefined) this.leave(work);
    else if (caller?.fateOf(frame.sequence) === 'fresh') caller.isOver(frame.sequence, false);
    return true;
  }

  /** The asker has these answers. */
  got(frame: Frame): boolean {
    let caller: Caller | undefined;
    return readGot(frame.payload, (life, number) => {
      if (caller?.life !== life) caller = this.callers.find(frame.source, life);
      const work = caller?.works.get(number);
      if (work?.state !== 'answered') return;
      this.replies.release(work);
      caller?.isOver(number, true);
    });
  }

  /** Nobody waits for it any more. */
  private leave(work: Work): void {
    switch (work.state) {
      case 'queued':
        work.state = 'left';
        this.queuedBytes -= work.input.length;
        this.drop(work);
        this.counts.cancelled++;
        return;
      case 'running':
        work.state = 'left';
        this.counts.cancelled++;
        this.cancelled.push(work);
        this.agent.flushLater();
        return;
      case 'answered':
        this.replies.release(work);
        work.caller.isOver(work.number, true);
        return;
      case 'left':
        return;
    }
  }

  private leaveAll(caller: Caller): void {
    for (const work of [...caller.works.values()]) this.leave(work);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    return this.replies.nextDeadline();
  }

  deadline(now: number): void {
    this.replies.deadline(now);
  }

  /** Once a second: whose asker is gone, or has stopped waiting, stops. */
  tick(now: number): void {
    for (const caller of this.callers.all()) {
      if (caller.works.size === 0) continue;
      if (this.isGone(caller)) this.leaveAll(caller);
      else for (const work of [...caller.works.values()]) if (now >= work.deadline) this.leave(work);
    }
    this.counts.unknownSource += this.unknownSources.forgetOld(now);
    this.callers.forgetIdle();
  }

  private isGone({ source, life }: Caller): boolean {
    if (source === this.agent.self.id) return false;
    const entry = this.agent.directory.get(source);
    if (entry === undefined || lifeOf(entry.instance) !== life) return true;
    return !entry.reachable && !mayComeBack(this.agent, source);
  }

  /** The end of the turn: what begins and what stops. */
  flush(): void {
    if (this.begun.length > 0) {
      const executions = this.begun;
      this.begun = [];
      this.agent.deliver({ type: 'executions', executions } satisfies CallsEvent);
    }
    if (this.cancelled.length > 0) {
      const executions = this.cancelled;
      this.cancelled = [];
      this.agent.deliver({ type: 'cancelled', executions } satisfies CallsEvent);
    }
  }
}

const nothing = new Uint8Array(0);

function failed(code: string, message: string): Answer {
  return { status: ReplyStatus.failed, encoding: 0, bytes: encodeFailure({ code, message }) };
}
