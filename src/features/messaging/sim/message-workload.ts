/**
 * What the simulated programs do: they send, to one, to some, to all, small and large.
 *
 * Who calls it: the simulation. Invariant: only programs whose event loop turns act, and every result
 * goes to the ledger; a rejection is a failure of the run unless the sender's own life has ended.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import type { SendOptions, SendResult } from '../../../node/node.ts';
import { isRunning, type Life, type Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import { ledgerKind, type MessageLedger, type SentMessage } from './message-ledger.ts';

const setSizeMax = 6;
const broadcastShare = 0.05;
const setShare = 0.25;
const tracedShare = 0.1;
/** Large enough to be split into parts, and rare: each costs as much as a thousand small ones. */
const largeShare = 0.003;
const largeBytesMax = 700_000;
const middleShare = 0.05;
const middleBytesMax = 20_000;
const smallBytesMax = 200;

/**
 * `mixed`: everybody to anybody. `chatty`: a few to a few, many small ones. `large`: every fifth is split
 * into parts. `slow-readers`: as chatty, to programs that take their time.
 */
export const messageVariants = ['mixed', 'chatty', 'large', 'slow-readers'] as const;

export type MessageVariant = (typeof messageVariants)[number];

const largeShareOfLarge = 0.2;
const talkersMin = 2;
const talkersMax = 4;

export class MessageWorkload {
  private readonly mesh: Mesh;
  private readonly ledger: MessageLedger;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  private readonly largeShare: number;
  private readonly isChatty: boolean;
  /** Who talks to whom in chatty traffic; drawn at the start. */
  private talkers: readonly Member[] = [];
  private listeners: readonly Member[] = [];

  constructor(
    mesh: Mesh,
    ledger: MessageLedger,
    messagesPerSecond: number,
    variant: MessageVariant = 'mixed',
  ) {
    this.largeShare = variant === 'large' ? largeShareOfLarge : largeShare;
    this.isChatty = variant === 'chatty' || variant === 'slow-readers';
    this.mesh = mesh;
    this.ledger = ledger;
    this.random = mesh.world.random.fork('workload');
    this.pace = new Pace(mesh.world, this.random, messagesPerSecond, () => this.act());
  }

  start(): void {
    if (this.isChatty) {
      this.talkers = this.random.sample(this.mesh.members, this.random.integer(talkersMin, talkersMax));
      this.listeners = this.random.sample(this.mesh.members, this.random.integer(talkersMin, talkersMax));
    }
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
  }

  /** One traced message from every node to another, and one to all: for a mesh at rest. */
  probe(): SentMessage[] {
    const lives = this.mesh.living;
    const sent = lives.flatMap((life) => {
      const others = lives.filter((other) => other !== life);
      return others.length === 0
        ? []
        : [this.sendTo(life, [this.random.pick(others).node.name], { trace: true }, 64)];
    });
    return lives.length < 2 ? sent : [...sent, this.broadcastFrom(this.random.pick(lives), {}, 64)];
  }

  private act(): void {
    if (this.isChatty) return this.chat();
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0 || this.mesh.members.length < 2) return;
    const life = this.random.pick(able).life as Life;
    const options = { trace: this.random.chance(tracedShare) };
    const kind = this.random.next();
    if (kind < broadcastShare) this.broadcastFrom(life, options, this.random.integer(0, smallBytesMax));
    else if (kind < broadcastShare + setShare) this.sendToSome(life, options);
    else this.sendTo(life, this.others(life, 1), options, this.bodyBytes());
  }

  private chat(): void {
    const able = this.talkers.filter(({ canAct }) => canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const to = this.listeners.map(({ nodeName }) => nodeName).filter((name) => name !== life.node.name);
    if (to.length === 0) return;
    const options = { trace: this.random.chance(tracedShare) };
    this.sendTo(life, [this.random.pick(to)], options, this.random.integer(0, smallBytesMax));
  }

  private sendToSome(life: Life, options: SendOptions): void {
    const to = this.others(life, this.random.integer(2, setSizeMax));
    this.sendTo(life, to, options, this.random.integer(0, middleBytesMax));
  }

  /** The dead are picked as well: they must come back as missing. */
  private others(life: Life, count: number): string[] {
    const names = new Set(this.mesh.members.map(({ nodeName }) => nodeName));
    names.delete(life.node.name);
    return this.random.sample([...names], count);
  }

  private bodyBytes(): number {
    const draw = this.random.next();
    if (draw < this.largeShare) return this.random.integer(middleBytesMax, largeBytesMax);
    return this.random.integer(0, draw < this.largeShare + middleShare ? middleBytesMax : smallBytesMax);
  }

  private sendTo(life: Life, to: readonly string[], options: SendOptions, bytes: number): SentMessage {
    const message = this.ledger.sent(life, to, bytes);
    this.follow(message, life.node.send(to, this.ledger.body(message), wholeOptions(options)));
    return message;
  }

  private broadcastFrom(life: Life, options: SendOptions, bytes: number): SentMessage {
    const message = this.ledger.sent(life, undefined, bytes);
    this.follow(message, life.node.broadcast(this.ledger.body(message), wholeOptions(options)));
    return message;
  }

  private follow(message: SentMessage, outcome: Promise<SendResult>): void {
    this.mesh.world.touchProgram();
    outcome.then(
      (result) => this.ledger.resolved(message, result),
      (error: unknown) => this.rejected(message, error),
    );
  }

  private rejected(message: SentMessage, error: unknown): void {
    // A node that gives way to a namesake is closed a moment before its program is told.
    const isClosed = error instanceof SkeinError && error.code === 'SKEIN_CLOSED';
    if (isClosed || !isRunning(message.source) || message.source.isLeaving) {
      message.outcome = 'source-ended';
      return;
    }
    message.outcome = 'rejected';
    this.mesh.world.fail(
      `${message.source.member.name}: sending message ${message.number} failed: ${String(error)}`,
    );
  }
}

/** Missing recipients are counted, not thrown. */
function wholeOptions(options: SendOptions): SendOptions<unknown> {
  return { ...options, kind: ledgerKind, require: 'none' };
}
