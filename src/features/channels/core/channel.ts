/**
 * One channel: where it stands, from the first question to the end, and what each message and each time means there.
 *
 * Made by the channels behavior, which hands it what comes; the program's side calls `write`, `end`, `take`,
 * `consume`. Its two directions are outgoing.ts and incoming.ts; silence.ts says whether the other end is still
 * there. Invariant: bytes of each half arrive in order and once as long as both lives last, whatever the way
 * loses, doubles or delays; whichever way it ends, it is told once (`over`).
 */
import type { BehaviorAgent, DropReason, LinkId } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { Alarm } from './alarm.ts';
import * as failures from './channel-failures.ts';
import type { ChannelCount, ChannelPeer, LastWord } from './context-types.ts';
import { Incoming } from './incoming.ts';
import { channelLimits } from './limits.ts';
import { Outgoing } from './outgoing.ts';
import type { ReceiveHalf } from './receive-half.ts';
import type { SendHalf } from './send-half.ts';
import { Silence } from './silence.ts';
import {
  type ChannelCursor,
  type ChannelEnds,
  ChannelType,
  CreditFlag,
  encodeAccepted,
  encodeCredit,
  encodeOpen,
  encodeReason,
  type ResetReason,
} from './wire.ts';

/** `direct`: over a link to the node itself; `mesh`: through others. */
export type ChannelPath = 'direct' | 'mesh';

/** Where a channel stands. */
export type ChannelPhase =
  /** Asked for here, and not answered yet. */
  | { readonly name: 'opening'; readonly until: number; readonly timeoutMs: number }
  /** Asked for by the other end; the program decides. */
  | { readonly name: 'requested'; readonly until: number }
  | { readonly name: 'open' }
  /** Without a failure both halves have ended, and each end knows it. */
  | { readonly name: 'over'; readonly failure: Failure | undefined };

/** What a channel needs of the behavior around it. */
export interface ChannelPorts {
  readonly agent: BehaviorAgent;
  /** Something about it is new for the program. */
  readonly changed: (channel: Channel) => void;
  /** It has something to send at the end of the turn. */
  readonly pumpLater: (channel: Channel) => void;
  /** It wants to be looked at then, or before. */
  readonly hurry: (at: number) => void;
  readonly over: (channel: Channel) => void;
  readonly count: (what: ChannelCount) => void;
}

export class Channel {
  readonly peer: ChannelPeer;
  readonly number: number;
  readonly isOpener: boolean;
  readonly protocol: string;
  /** For the program: the core only keeps it. */
  handle: unknown;
  phase: ChannelPhase;
  /** The program has more to write than there was room for. */
  wantsRoom = false;
  private readonly ports: ChannelPorts;
  private readonly ends: ChannelEnds;
  /** Of what the other end said of its window. */
  private otherWindow = 0;
  private refusal: LastWord | undefined;
  private readonly outgoing: Outgoing;
  private readonly incoming: Incoming;
  private readonly silence: Silence;
  private readonly askAlarm: Alarm;
  private askAgainMs: number = limits.repeatAfterMs;

  constructor(
    ports: ChannelPorts,
    peer: ChannelPeer,
    about: { readonly number: number; readonly isOpener: boolean; readonly protocol: string },
    windowBytes: number,
    phase: ChannelPhase,
  ) {
    this.ports = ports;
    this.peer = peer;
    this.number = about.number;
    this.isOpener = about.isOpener;
    this.protocol = about.protocol;
    this.ends = { life: peer.ownLife, forLife: peer.life, isOpener: about.isOpener };
    this.phase = phase;
    const { agent, hurry, count } = ports;
    const pumpLater = (): void => ports.pumpLater(this);
    const context = { agent, peer, number: about.number, ends: this.ends, pumpLater, hurry, count };
    this.outgoing = new Outgoing(context);
    this.incoming = new Incoming(context, windowBytes);
    this.silence = new Silence(agent, hurry);
    this.askAlarm = new Alarm(hurry);
  }

  get isOpen(): boolean {
    return this.phase.name === 'open';
  }

  get isOver(): boolean {
    return this.phase.name === 'over';
  }

  /** Undefined until it is open. */
  get sender(): SendHalf | undefined {
    return this.outgoing.half;
  }

  get receiver(): ReceiveHalf {
    return this.incoming.half;
  }

  get path(): ChannelPath {
    return this.peer.isDirect ? 'direct' : 'mesh';
  }

  // ── the program ───────────────────────────────────────────────────────────────────────────────────

  /** Takes of `bytes`, from a place on, as many as there is room for: how many those were. A copy is made. */
  write(bytes: Uint8Array, from: number): number {
    if (this.sender === undefined || !this.isOpen || this.sender.isEnding) return bytes.length - from;
    const taken = this.sender.write(bytes, from);
    this.wantsRoom = taken < bytes.length - from;
    this.ports.pumpLater(this);
    return taken;
  }

  /** Nothing more will be written; what was is still sent. */
  end(): void {
    if (!this.isOpen) return;
    this.sender?.end();
    this.ports.pumpLater(this);
  }

  /** The next bytes that came, which the program may keep. Also once the channel is over. */
  take(): Uint8Array | undefined {
    return this.receiver.take();
  }

  /** @param waiting Of the bytes that were taken, those that the program has not looked at yet. */
  consume(waiting: number): void {
    this.receiver.consume(waiting);
    if (this.isOpen && this.incoming.isCreditDue) this.ports.pumpLater(this);
  }

  /** The program wants no more of it: the other end is told. */
  abandon(text: string): void {
    if (this.isOver) return;
    this.receiver.drop();
    this.reset('program', text, undefined);
  }

  // ── the beginning ─────────────────────────────────────────────────────────────────────────────────

  ask(): void {
    if (this.phase.name !== 'opening') return;
    const payload = encodeOpen(this.ends, this.receiver.window, this.protocol);
    this.say(ChannelType.open, payload, true);
    this.askAlarm.by(this.ports.agent.now + this.askAgainMs / 2);
    this.askAgainMs = Math.min(this.askAgainMs * 2, limits.repeatAfterMsMax);
    this.ports.hurry(this.phase.until);
  }

  requested(window: number): void {
    this.otherWindow = window;
    if (this.phase.name === 'requested') this.ports.hurry(this.phase.until);
  }

  accept(windowBytes: number): void {
    if (this.phase.name !== 'requested') return;
    this.incoming.setWindow(windowBytes);
    this.begin(this.otherWindow);
    this.sayAccepted();
  }

  /** The other end asks again: what it was told has not come. */
  askedAgain(): void {
    if (this.isOpen) this.sayAccepted();
  }

  accepted(window: number): void {
    if (this.phase.name === 'opening') this.begin(window);
  }

  private begin(otherWindow: number): void {
    this.phase = { name: 'open' };
    this.askAlarm.clear();
    this.outgoing.begin(otherWindow);
    this.incoming.begin();
    this.silence.heard();
    this.ports.changed(this);
  }

  private sayAccepted(): void {
    this.say(ChannelType.accepted, encodeAccepted(this.ends, this.receiver.window));
  }

  // ── what comes ────────────────────────────────────────────────────────────────────────────────────

  data(cursor: ChannelCursor): void {
    if (!this.isOpen) return;
    this.silence.heard();
    if (this.incoming.data(cursor) !== 'fresh') return;
    this.ports.changed(this);
    this.maybeOver();
  }

  ended(cursor: ChannelCursor): void {
    if (!this.isOpen) return;
    this.silence.heard();
    const arrival = this.incoming.ended(cursor);
    if (arrival === 'fresh') this.ports.changed(this);
    if (arrival === 'fresh' || arrival === 'repeated') this.maybeOver();
  }

  credit(cursor: ChannelCursor): void {
    const { sender } = this;
    if (!this.isOpen || sender === undefined) return;
    this.silence.heard();
    if (!this.outgoing.credit(sender, cursor)) return this.ports.count('falseCredit');
    if ((cursor.flags & CreditFlag.answer) !== 0) this.incoming.tell(0);
    if ((this.wantsRoom && sender.hasRoom) || sender.isEndAcknowledged) this.ports.changed(this);
    this.maybeOver();
  }

  /** A hop gave one of its frames back. */
  returned(type: number, reason: DropReason): void {
    if (reason === 'refused' && this.phase.name === 'opening')
      return this.finish(failures.noFeature(this.peer.name));
    if (type === ChannelType.data && this.isOpen) this.outgoing.returned(reason);
    else if (this.phase.name === 'opening')
      this.askAlarm.by(this.ports.agent.now + channelLimits.channelRetryMs);
  }

  refused(reason: ResetReason, text: string): void {
    if (this.phase.name !== 'opening') return;
    this.finish(failures.refused(this.peer.name, this.protocol, reason, text));
  }

  /** The other end has given it up, or knows nothing of it. */
  wasReset(reason: ResetReason, text: string): void {
    if (this.isOver) return;
    // It has forgotten a channel that was over for it: all had come, and only its word of that was lost.
    this.finish(failures.reset(this.peer.name, reason, text));
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  /** The end of the turn: sends what may be sent. */
  pump(): void {
    const { sender } = this;
    if (sender === undefined || !this.isOpen) return;
    if (this.incoming.isCreditDue) this.incoming.tell(0);
    // Without credit nothing is under way that its loss would be noticed by.
    if (this.outgoing.pump(sender) && sender.isHeldBack) this.silence.awaited();
  }

  /** A link that its frames may have taken is gone, or the next hop is another now. */
  wayLost(link: LinkId | undefined): void {
    this.outgoing.wayLost(link);
  }

  /** There is a way that was not there, or another. */
  wayFound(): void {
    this.outgoing.wayFound();
    if (this.phase.name === 'opening') this.askAlarm.by(this.ports.agent.now);
  }

  /** Once it is over: what the other end is told that has missed it. */
  get lastWord(): LastWord {
    if (this.refusal !== undefined) return this.refusal;
    const { receiver, ends, phase } = this;
    if (phase.name !== 'over' || phase.failure !== undefined || !receiver.isEnded)
      return [ChannelType.reset, encodeReason(ends, 'unknown', '')];
    return [ChannelType.credit, encodeCredit(ends, receiver.acknowledgement, receiver.limit, 0)];
  }

  private say(type: number, payload: Uint8Array, wantsReturn = false): void {
    this.peer.say(type, this.number, payload, wantsReturn);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    const { phase } = this;
    const own =
      phase.name === 'opening' || phase.name === 'requested' ? phase.until : Number.POSITIVE_INFINITY;
    return Math.min(
      own,
      this.askAlarm.at,
      this.incoming.nextDeadline(),
      this.outgoing.nextDeadline(),
      this.silence.nextDeadline(),
    );
  }

  deadline(now: number): void {
    const { phase } = this;
    if (phase.name === 'over') return;
    if (phase.name === 'requested' && now >= phase.until) return this.refuse('late', '');
    if (phase.name === 'opening' && now >= phase.until)
      return this.reset('late', '', failures.notAnswered(this.peer.name, phase.timeoutMs));
    if (now >= this.askAlarm.at) {
      this.askAlarm.clear();
      this.ask();
    }
    this.incoming.deadline(now);
    this.outgoing.deadline(now);
    if (now >= this.silence.nextDeadline()) this.silenceBroken(now);
  }

  private silenceBroken(now: number): void {
    const verdict = this.silence.broken(now, this.sender?.isHeldBack === true);
    if (verdict === 'ask') this.incoming.tell(CreditFlag.answer);
    else if (verdict === 'lost') this.reset('lost', '', failures.silent(this.peer.name));
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────

  refuse(reason: ResetReason, text: string): void {
    if (this.phase.name !== 'requested') return;
    this.refusal = [ChannelType.refused, encodeReason(this.ends, reason, text)];
    this.say(...this.refusal);
    this.finish(failures.wasLost(this.peer.name, 'it was not accepted in time'));
  }

  /** Ends it, and tells the other end. */
  reset(reason: ResetReason, text: string, why: Failure | undefined): void {
    if (this.isOver) return;
    this.say(ChannelType.reset, encodeReason(this.ends, reason, text));
    this.finish(why);
  }

  /** The other end cannot be told. */
  lost(why: Failure): void {
    if (!this.isOver) this.finish(why);
  }

  private maybeOver(): void {
    if (this.isOpen && this.receiver.isEnded && this.sender?.isEndAcknowledged === true)
      this.finish(undefined);
  }

  private finish(failure: Failure | undefined): void {
    this.phase = { name: 'over', failure };
    this.sender?.drop();
    this.wantsRoom = false;
    this.ports.changed(this);
    this.ports.over(this);
  }
}
