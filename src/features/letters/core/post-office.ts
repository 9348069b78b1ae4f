/**
 * The broker's side of letters: puts them into the store, hands them out, and records what recipients say of them.
 *
 * Made by the letters behavior; at work while this node is the broker and its store is open. What comes before that, or
 * while the store fails, waits in order. Invariant: a letter is reported as stored only once it is in the store for good,
 * and settled only by the recipient that it was for; a message is done only once all that follows from it is durable.
 */
import type { BehaviorAgent, StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd, Sender } from '../../../kernel/lines/lines.ts';
import { Numbered } from '../../../kernel/parts/numbered.ts';
import type { Member, SwarmCore } from '../../swarm/core/shared.ts';
import { Desks } from './desks.ts';
import { type Errand, type FromMember, isPut, type PutErrand } from './errand.ts';
import { Intake } from './intake.ts';
import type {
  LettersShape,
  NextLetters,
  NextRequest,
  SettleItem,
  Undelivered,
  Unheard,
} from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { ReportDesks } from './report-desks.ts';
import { Sweeper } from './sweeper.ts';
import { letterTopic, placeTopic } from './topics.ts';
import { encodeLetters, encodeReport, type Heard, type Settled } from './wire.ts';

type Completion = StoreCompletion<LettersShape['store']>;
type StoreVerbs = LettersShape['store'];

export interface PostOfficePorts {
  readonly agent: BehaviorAgent<LettersShape>;
  readonly swarm: SwarmCore;
  /** To one incarnation alone. @param processed Called once it needs it no more. */
  reply(end: LineEnd, message: Uint8Array, processed?: () => void): void;
  /** What that node was sent and has not processed is not sent any more. */
  drop(node: NodeId): void;
  /** The same for all nodes. */
  dropAll(): void;
  /** It says everything again once it is back, also where it has noticed nothing. */
  forget(node: NodeId): void;
  /** False: its sender has abandoned it. */
  isCurrent(sender: Sender): boolean;
  /** What members have said until now, and what they say after it in the same attempt, is ignored. */
  ignoreUnprocessed(): void;
}

const never = Number.POSITIVE_INFINITY;
/** What may have appended to the log of the store. */
const appends = new Set<keyof StoreVerbs>(['put', 'settle', 'sweep', 'retry', 'remove']);

export class PostOffice {
  readonly counts = { settled: 0, expired: 0 };
  private readonly ports: PostOfficePorts;
  private readonly desks: Desks;
  private readonly reports: ReportDesks;
  private waiting: Errand[] = [];
  private isElsewhere = true;
  /** What was refused to the incarnations that are there, by node and type: it is done where their name is forgotten. */
  private readonly refused = new Map<string, Errand>();
  readonly intake: Intake;
  private operations = new Numbered<(completion: Completion) => void>();
  /** Recipients that became unreachable, and may come back in the same incarnation. */
  private readonly awaySince = new Map<NodeId, number>();
  private lastTime = 0;
  /** Of `agent.now`, when that was read. */
  private lastTimeAt = 0;
  /** The store could not be asked yet to shorten what waits longer than was said. */
  private isClockOwed = false;
  private readonly sweeper: Sweeper;
  private tryAgainAt = never;

  constructor(ports: PostOfficePorts) {
    this.ports = ports;
    this.intake = new Intake({
      agent: ports.agent,
      swarm: ports.swarm,
      ask: (verb, input, then) => this.ask(verb, input, then),
      wallNow: () => Math.floor(ports.agent.wallNow),
      reply: (end, message, processed) => ports.reply(end, message, processed),
      isCurrent: (sender) => ports.isCurrent(sender),
      putBack: (errands) => {
        this.waiting.unshift(...errands);
        this.tryAgainSoon();
      },
      mail: (recipient) => this.mail(recipient),
    });
    this.desks = new Desks({
      time: () => this.readTime(),
      next: (request, loaded) => this.next(request, loaded),
      send: (opening, deliveries, arrived) =>
        ports.reply(opening, encodeLetters(opening.opening, this.storeTag, deliveries), arrived),
    });
    this.sweeper = new Sweeper({
      ask: (verb, input, then) => this.ask(verb, input, then),
      now: () => ports.agent.now,
      times: () => ({ now: Math.floor(ports.agent.wallNow), time: this.readTime() }),
      via: () => ports.agent.self.name,
      isInHand: (recipient, n) => this.desks.isInHand(recipient, n),
      expired: (letters) => this.expired(letters),
      failed: (why) => ports.swarm.operationFailed(why),
    });
    this.reports = new ReportDesks({
      unheard: (author, then) => this.unheard(author, then),
      send: (end, { reports, dropped }, processed) =>
        ports.reply(end, encodeReport(this.storeTag, dropped, reports), processed),
    });
  }

  get deskCount(): number {
    return this.desks.count;
  }

  // ── whether it is at work ─────────────────────────────────────────────────────────────────────────

  officeChanged(): void {
    const { office } = this.ports.swarm;
    this.tryAgainAt = never;
    // What came before was for an earlier turn, and was lost with that or ignored: its senders say it again in this one.
    // What was on its way behind it must not be stored before it.
    if (this.isElsewhere && office.state !== 'elsewhere') this.ports.ignoreUnprocessed();
    this.isElsewhere = office.state === 'elsewhere';
    if (office.state === 'elsewhere') {
      this.waiting = [];
      this.refused.clear();
      this.intake.clear();
      this.ports.dropAll();
      this.desks.clear();
      this.reports.clear();
      this.operations = new Numbered();
      this.sweeper.end();
    } else if (office.state === 'open') this.begin();
    else if (office.state === 'failed') this.refuseWaiting(office.failure);
  }

  private begin(): void {
    this.sweeper.begin();
    this.readTime();
    this.clockMayBeBack();
    this.desks.rewind();
    this.reports.rewind();
    this.carryOutWaiting();
  }

  /** By which letters wait and expire. Where it has gone back, letters are left before the place that was read last. */
  private readTime(): number {
    const { time } = this.ports.swarm;
    const isBack = time < this.lastTime;
    this.lastTime = time;
    this.lastTimeAt = this.ports.agent.now;
    if (isBack && this.isOpen) {
      this.clockMayBeBack();
      this.desks.rewind();
    }
    return time;
  }

  private clockMayBeBack(): void {
    this.isClockOwed = false;
    this.ask('clockBack', this.lastTime, (completion) => {
      if (completion.ok) return;
      // As on a full disk. Without it letters would wait as long as the clock was ahead.
      this.isClockOwed = true;
      this.ports.swarm.operationFailed(completion.failure);
      this.tryAgainSoon();
    });
  }

  private carryOutWaiting(): void {
    for (const errand of this.waiting.splice(0)) this.carryOut(errand);
  }

  /** Nothing of these letters is in the store: their authors decide. What recipients have said waits on. */
  private refuseWaiting(why: Failure): void {
    // Another broker writes, or has written: in a moment it is decided which one is to go on. Or the claim has ended in the
    // unknown: it is made again in a moment.
    if (why.code === 'SKEIN_STORE_CLAIMED' || why.code === 'SKEIN_LOST') return;
    const refused: PutErrand[] = [];
    const kept: Errand[] = [];
    for (const errand of this.waiting)
      if (isPut(errand) && !errand.mayBeStored) refused.push(errand);
      else kept.push(errand);
    this.waiting = kept;
    for (const errand of refused) this.intake.received(errand, why);
  }

  private get storeTag(): number {
    const { office } = this.ports.swarm;
    return office.state === 'open' ? office.store : 0;
  }

  // ── what members say ──────────────────────────────────────────────────────────────────────────────

  received(from: Member, message: FromMember, done: () => void): void {
    const { swarm } = this.ports;
    swarm.use();
    const mayBeStored = message.type === 'put' && message.isAgain;
    const errand = { from, message, done, isAgain: false, mayBeStored };
    if (swarm.office.state === 'open' && this.waiting.length === 0) return this.carryOut(errand);
    // Not the broker, or not any more: its sender finds out, and says it to the next one.
    if (swarm.office.state === 'elsewhere') return;
    this.waiting.push(errand);
    if (swarm.office.state === 'failed') this.refuseWaiting(swarm.office.failure);
  }

  /** In the name of its sender: for one that is not the node of that name nothing is done. */
  private carryOut(errand: Errand): void {
    this.ports.swarm.admit(errand.from, (refusal) => {
      if (isPut(errand)) this.intake.received(errand, refusal);
      else if (refusal === undefined) this.carryOutAdmitted(errand);
      else this.refuse(errand);
    });
  }

  private refuse(errand: Errand): void {
    const { from, message, done } = errand;
    const { type } = message;
    if (type === 'open') this.refused.set(`${from.node} open`, errand);
    else if (type === 'collect' || type === 'heard') this.refused.set(`${from.node} collect`, errand);
    else if (type === 'close') this.refused.delete(`${from.node} open`);
    done();
  }

  /** Nobody pins this name any more: what was refused to a node of that name need not be said again. */
  admitted(name: string): void {
    for (const [key, errand] of [...this.refused]) {
      if (errand.from.name !== name) continue;
      this.refused.delete(key);
      this.carryOut({ ...errand, done: () => undefined });
    }
  }

  private carryOutAdmitted(errand: Errand): void {
    const { from, message, done } = errand;
    switch (message.type) {
      case 'settle':
        return this.settle(errand, message.items);
      case 'open': {
        const inHand = message.store === this.storeTag ? message.inHand : [];
        const { opening, letters, bytes, selection } = message;
        const { node, life, name: recipient } = from;
        this.desks.open({ node, life, recipient, opening, letters, bytes, selection }, inHand);
        return done();
      }
      case 'close':
        this.desks.close(from.node);
        return done();
      case 'collect':
        this.collect(from);
        return done();
      case 'heard':
        return this.heard(errand, message);
    }
  }

  /** An incarnation is over: what it had in hand goes to the next one. */
  memberEnded(node: NodeId): void {
    this.awaySince.delete(node);
    for (const type of ['open', 'collect']) this.refused.delete(`${node} ${type}`);
    this.reports.close(node);
    const closed = this.desks.close(node);
    // What it has said of letters still counts, and so do letters that it has sent.
    const isOver = ({ from, message: { type } }: Errand): boolean =>
      from.node === node && (type === 'open' || type === 'collect' || type === 'heard');
    this.waiting = this.waiting.filter((errand) => !isOver(errand));
    this.intake.abandoned(node);
    if (closed === undefined || closed.arrived.length === 0) return;
    this.ask('returned', { recipient: closed.recipient, ns: closed.arrived }, (completion) => {
      if (!completion.ok) return this.ports.swarm.operationFailed(completion.failure);
      for (const n of closed.arrived) this.ports.swarm.touched(placeTopic(n));
    });
  }

  /** It has followed nobody or another broker meanwhile, and ignored what it was sent: it says everything again, and so it is. */
  memberStartedOver(node: NodeId): void {
    this.ports.drop(node);
    this.reports.dropped(node);
    this.intake.abandoned(node);
  }

  /** A recipient that stays away does not hold memory, but for the places of what it had in hand. */
  memberIsAway(node: NodeId, isAway: boolean): void {
    if (isAway) this.awaySince.set(node, this.ports.agent.now);
    else {
      this.awaySince.delete(node);
      if (this.isOpen) this.reports.here(node);
    }
  }

  private closeDesksOfAway(now: number): void {
    this.desks.forgetUnreachable(now);
    for (const [node, since] of this.awaySince) {
      if (now - since < letterLimits.letterAwayMs) continue;
      this.awaySince.delete(node);
      this.desks.closeUnreachable(node, now);
      this.reports.dropped(node);
      this.waiting = this.waiting.filter(({ from, message }) => from.node !== node || message.type !== 'put');
      this.ports.forget(node);
      this.intake.abandoned(node);
    }
  }

  /** There is something new in this mailbox. */
  mail(recipient: string): void {
    this.desks.mail(recipient);
  }

  /** These recipients have a letter whose time has come. */
  isDue(recipients: readonly string[], time: number): void {
    for (const recipient of recipients) this.desks.due(recipient, time);
  }

  // ── settling ──────────────────────────────────────────────────────────────────────────────────────

  private settle(errand: Errand, settled: readonly Settled[]): void {
    const { from, message, done } = errand;
    // Places of another store: those letters are in that one.
    if (message.type !== 'settle' || message.store !== this.storeTag) return done();
    const time = this.readTime();
    const items = settled.map((said) => settleItem(said, time));
    const { wallNow, self } = this.ports.agent;
    const input = { recipient: from.name, now: Math.floor(wallNow), time, via: self.name, items };
    this.ask('settle', input, (completion) => {
      if (!completion.ok) {
        errand.mayBeStored ||= completion.failure.code === 'SKEIN_LOST';
        this.ports.swarm.operationFailed(completion.failure);
        return this.later(errand);
      }
      this.counts.settled += items.length;
      done();
      for (const { n } of items) this.ports.swarm.touched(placeTopic(n));
      this.report(completion.value as readonly Undelivered[]);
      const dues = items.flatMap(({ due }) => (due > 0 ? [due] : []));
      this.desks.settled(from.node, items, dues.length === 0 ? 0 : Math.min(...dues), errand.mayBeStored);
    });
  }

  // ── reports to authors ────────────────────────────────────────────────────────────────────────────

  /** Authors that are here hear of it now; the store keeps it for others. */
  report(letters: readonly Undelivered[]): void {
    if (letters.length > 0) this.reports.news(letters.map(({ author }) => author));
  }

  private unheard(author: string, then: (found: Unheard | undefined) => void): void {
    this.ask('unheard', { author, limit: letterLimits.letterReportsPerMessage }, (completion) => {
      if (completion.ok) return then(completion.value as Unheard);
      this.reportsFailed(completion.failure);
      then(undefined);
    });
  }

  /** An incarnation that is over, or has asked again meanwhile, must not take the place of the one that is there. */
  private collect(from: Member): void {
    if (this.ports.isCurrent(from)) this.reports.open(from);
  }

  /** It is answered with what waits once what it has heard of is noted. */
  private heard(errand: Errand, { store, report, dropped }: Heard): void {
    const { from, done } = errand;
    const open = (): void => {
      this.collect(from);
      done();
    };
    // Numbers of another store are none of this one.
    if (store !== this.storeTag) return open();
    this.ask('heard', { author: from.name, report, dropped }, (completion) => {
      if (completion.ok) return open();
      this.ports.swarm.operationFailed(completion.failure);
      this.later(errand);
    });
  }

  private reportsFailed(why: Failure): void {
    this.ports.swarm.operationFailed(why);
    this.tryAgainSoon();
  }

  // ── handing out ───────────────────────────────────────────────────────────────────────────────────

  private next(request: NextRequest, loaded: (letters: NextLetters) => void): void {
    this.ask('next', request, (completion) => {
      if (completion.ok) return loaded(completion.value as NextLetters);
      this.ports.swarm.operationFailed(completion.failure);
      this.tryAgainSoon();
    });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    // Reading the time may have something stored, which has no turn here.
    const dueAt = this.lastTimeAt + Math.max(0, this.desks.nextDue() - this.lastTime);
    return Math.min(this.sweeper.nextDeadline(), this.tryAgainAt, this.isOpen ? dueAt : never);
  }

  deadline(now: number): void {
    if (!this.isOpen) return;
    if (now >= this.tryAgainAt) {
      this.tryAgainAt = never;
      this.readTime();
      if (this.isClockOwed) this.clockMayBeBack();
      this.desks.rewind();
      this.reports.again();
      this.carryOutWaiting();
    }
    if (this.sweeper.deadline(now)) this.closeDesksOfAway(now);
    this.desks.lookAtDue();
  }

  private get isOpen(): boolean {
    return this.ports.swarm.office.state === 'open';
  }

  private expired(letters: readonly Undelivered[]): void {
    this.counts.expired += letters.length;
    for (const { id } of letters) this.ports.swarm.touched(letterTopic(id));
    this.report(letters);
  }

  // ── the store ─────────────────────────────────────────────────────────────────────────────────────

  completed(completion: Completion): void {
    const then = this.operations.get(completion.token);
    this.operations.delete(completion.token);
    if (completion.ok && appends.has(completion.verb)) this.ports.swarm.logged();
    then?.(completion);
  }

  ask<V extends keyof StoreVerbs & string>(
    verb: V,
    input: Parameters<StoreVerbs[V]>[0],
    then: (completion: Completion) => void,
  ): void {
    this.operations.set(this.ports.agent.store(verb, input), then);
  }

  private later(errand: Errand): void {
    if (this.ports.swarm.office.state === 'elsewhere') return;
    this.waiting.push(errand);
    this.tryAgainSoon();
  }

  private tryAgainSoon(): void {
    this.tryAgainAt = Math.min(this.tryAgainAt, this.ports.agent.now + letterLimits.letterStoreAgainMs);
  }
}

function settleItem({ n, attempt, settlement }: Settled, time: number): SettleItem {
  const { outcome } = settlement;
  if (outcome === 'handled') return { n, attempt, outcome, due: 0, waitMs: 0, reason: '' };
  const waitMs = outcome === 'again' ? Math.max(1, settlement.delayMs) : 0;
  return { n, attempt, outcome, due: waitMs === 0 ? 0 : time + waitMs, waitMs, reason: settlement.reason };
}
