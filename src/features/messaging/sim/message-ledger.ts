/**
 * Every message of a run: who sent it, who truly got it, what its sender was told.
 *
 * Who calls it: the workload (sent, resolved) and each life's consumer (received). It stands outside the
 * nodes and judges at once: no message twice to one life, no receipt for what was never queued, no body
 * changed, nobody served who was not named. Invariant: it only records and complains.
 */

import { limits } from '../../../kernel/limits.ts';
import type { Message, SendResult } from '../../../node/node.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { type StandingLinks, standsSinceMs } from '../../../sim/world/checkers/standing.ts';
import { isRunning, type Life, type Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import { messagingLimits } from '../core/limits.ts';

/** The kind of all simulated messages. */
export const ledgerKind = 'sim';

/** What travels: the ledger's number, and bytes that follow from it. */
export interface LedgerBody {
  readonly number: number;
  readonly filler: Uint8Array;
}

export interface SentMessage {
  readonly number: number;
  readonly source: Life;
  /** Node names; undefined for a broadcast. */
  readonly to: readonly string[] | undefined;
  readonly bodyBytes: number;
  readonly sentAt: number;
  /** Recipients that have it, and the hops it came by where it was traced. */
  readonly gotBy: Map<string, readonly string[] | undefined>;
  /** What the sender was told; undefined until then. */
  outcome: SendResult | 'rejected' | 'source-ended' | undefined;
}

export interface MessageCounts {
  sent: number;
  delivered: number;
  readonly missing: Record<string, number>;
}

export interface LedgerOptions {
  /** What stood all along: with it, a message that should have arrived is a failure. */
  readonly standing?: StandingLinks;
  /** Share of the members whose programs are slow to take their messages, from small buffers. Default 0. */
  readonly slowReaders?: number;
}

/** A receipt of a program that has not come to its message yet. */
interface Owed {
  readonly message: SentMessage;
  readonly life: Life;
}

/** Sends end by themselves after 10 s on the sender's clock; a stall that is forgiven makes it this late. */
const overdueAfterMs = messagingLimits.sendTimeoutMs * 1.05 + 3000;
/** Larger bodies go in parts, each with a time limit of its own. */
const oneFrameBytesMax = messagingLimits.partBytes;
/** What stands in a program's queue is read within this. */
const readWithinMs = 500;
const slowBufferMessages = 16;
const slowMsMax = 100;

export class MessageLedger {
  /** Slow readers take their time as long as this holds. */
  mayDawdle = true;
  readonly counts: MessageCounts = { sent: 0, delivered: 0, missing: {} };
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly messages: SentMessage[] = [];
  /** Per life: what it has got, by source, instance and id, and when by its own clock. */
  private readonly seen = new WeakMap<Life, Map<string, number>>();
  private readonly options: LedgerOptions;
  private readonly random: SeededRandom;
  private readonly owed: Owed[] = [];

  constructor(mesh: Mesh, checks: CheckCounts, options: LedgerOptions = {}) {
    this.mesh = mesh;
    this.checks = checks;
    this.options = options;
    this.random = mesh.world.random.fork('readers');
    mesh.observers.push({ started: (life) => this.consume(life) });
  }

  get outstanding(): SentMessage[] {
    return this.messages.filter((message) => message.outcome === undefined && isRunning(message.source));
  }

  sent(source: Life, to: readonly string[] | undefined, bodyBytes: number): SentMessage {
    const message: SentMessage = {
      number: this.messages.length,
      source,
      to,
      bodyBytes,
      sentAt: this.mesh.world.now,
      gotBy: new Map(),
      outcome: undefined,
    };
    this.messages.push(message);
    this.counts.sent++;
    return message;
  }

  body(message: SentMessage): LedgerBody {
    return { number: message.number, filler: filler(message.number, message.bodyBytes) };
  }

  /** The sender was told: every recipient named as delivered must have it by now. */
  resolved(message: SentMessage, result: SendResult): void {
    message.outcome = result;
    this.counts.delivered += result.deliveredCount;
    for (const { reason } of result.missing) {
      this.counts.missing[reason] = (this.counts.missing[reason] ?? 0) + 1;
    }
    count(this.checks, 'receipts are true', result.delivered.length);
    for (const name of result.delivered) if (!message.gotBy.has(name)) this.unproven(message, name);
    this.checkAccounted(message, result);
    for (const { node, reason } of result.missing) this.checkMissing(message, node, reason);
    this.mesh.tell((observer) => observer.messageSettled?.(result.deliveredCount, result.missingCount));
  }

  /** Every send ends in time, whatever happens. */
  checkOverdue(): void {
    const { now } = this.mesh.world;
    for (const message of this.outstanding) {
      if (now - message.sentAt < overdueAfterMs || message.bodyBytes > oneFrameBytesMax) continue;
      if (this.options.standing?.isSteady(message.source, message.sentAt) === true)
        this.fail(message, 'is not resolved long after its time limit');
    }
  }

  /** All have had time to read: each receipt of a slow reader must have been earned. */
  checkOwed(): void {
    count(this.checks, 'receipts of slow readers are true', this.owed.length);
    this.mayDawdle = false;
    // Who stands still owes it again.
    for (const owed of this.owed.splice(0)) this.checkRead(owed);
  }

  /**
   * A receipt of what no program has taken yet. It may stand in the queue: behind others of one turn for a
   * moment, with a slow reader for long. A life that has ended since proves nothing.
   */
  private unproven(message: SentMessage, name: string): void {
    const [life, namesake] = this.mesh.livesNamed(name);
    const isSame = life !== undefined && namesake === undefined && life.startedAt <= message.sentAt;
    if (!isSame) return;
    const owed = { message, life };
    if (this.isSlow(life.member)) this.owed.push(owed);
    else this.mesh.world.after(readWithinMs, () => this.checkRead(owed));
  }

  private checkRead(owed: Owed): void {
    const { message, life } = owed;
    if (!isRunning(life) || message.gotBy.has(life.node.name)) return;
    // It cannot read while its event loop stands still.
    if (life.platform.isPaused) this.owed.push(owed);
    else this.fail(message, `has a receipt of ${life.node.name}, whose program never got it`);
  }

  /** Whoever could be reached all along must have been. */
  private checkMissing(message: SentMessage, name: string, reason: string): void {
    const { standing } = this.options;
    if (standing === undefined || reason === 'aborted') return;
    if (message.source.platform.clock.lastLeapAt >= message.sentAt) return;
    if (message.bodyBytes > oneFrameBytesMax || this.mesh.liars.takeNamesUntil >= message.sentAt) return;
    // On the shortest path it may stand behind bytes that are late: routes only look at who is linked.
    if (this.mesh.network.lateUntil >= message.sentAt) return;
    const [recipient, namesake] = this.mesh.livesNamed(name);
    if (recipient === undefined || namesake !== undefined || recipient.isLeaving) return;
    // It may have said "busy" again and again, and an earlier copy is unaccounted for.
    if (this.isSlow(recipient.member)) return;
    count(this.checks, 'nobody is missed who could be reached', 1);
    if (standing.connected(message.source, recipient, message.sentAt - standsSinceMs))
      this.fail(message, `did not reach ${name} (${reason}), to which there were links all along`);
  }

  private isSlow(member: Member): boolean {
    const share = this.options.slowReaders ?? 0;
    return share > 0 && this.mesh.world.random.fork(`reader ${member.name}`).chance(share);
  }

  /** Every recipient is either delivered or missing, exactly once; to all: at least whoever was in reach all along. */
  private checkAccounted(message: SentMessage, result: SendResult): void {
    const named = [...result.delivered, ...result.missing.map((missing) => missing.node)].sort();
    const to = message.to ?? [...new Set([...named, ...this.inReach(message)])];
    const areCounted = result.deliveredCount + result.missingCount === named.length;
    if (areCounted && named.join() === [...to].sort().join()) return;
    this.fail(message, `went to ${to.join(' ')} and was accounted for as ${named.join(' ')}`);
  }

  private inReach({ source, sentAt }: SentMessage): string[] {
    const { standing } = this.options;
    if (standing === undefined || this.mesh.liars.takeNamesUntil >= sentAt) return [];
    const reached = [...standing.reached(source, sentAt - standsSinceMs)].filter((life) => life !== source);
    count(this.checks, 'a broadcast goes to all in reach', reached.length);
    return reached.map(({ node }) => node.name);
  }

  private consume(life: Life): void {
    this.seen.set(life, new Map());
    this.readAll(life).catch((error: unknown) => {
      if (isRunning(life))
        this.mesh.world.fail(`${life.member.name}: its message stream failed: ${String(error)}`);
    });
  }

  private async readAll(life: Life): Promise<void> {
    const isSlow = this.isSlow(life.member);
    const options = { kind: ledgerKind, ...(isSlow ? { bufferMessages: slowBufferMessages } : {}) };
    for await (const message of life.node.messages<LedgerBody>(options)) {
      this.received(life, message);
      if (isSlow && this.mayDawdle) await this.dawdle(life);
    }
  }

  private dawdle(life: Life): Promise<void> {
    return new Promise((resolve) => {
      life.platform.after(this.random.between(0, slowMsMax), resolve);
    });
  }

  private received(life: Life, message: Message<LedgerBody>): void {
    const { world } = this.mesh;
    const entry = this.messages[message.body?.number];
    world.note(`${life.member.name} got ${message.body?.number} of ${message.from}`);
    if (entry === undefined) {
      world.fail(`${life.member.name} got a message that nobody sent: ${message}`);
      return;
    }
    this.checkOnce(life, message, entry);
    this.checkContent(life, message, entry);
    entry.gotBy.set(life.node.name, message.route);
  }

  private checkOnce(life: Life, message: Message<LedgerBody>, entry: SentMessage): void {
    count(this.checks, 'no message twice', 1);
    const seen = this.seen.get(life) as Map<string, number>;
    const key = `${message.from} ${message.instance} ${message.id}`;
    const before = seen.get(key) ?? seen.get(`number ${entry.number}`);
    const now = life.platform.now();
    // A clock that leaps several times may pass the whole time for which duplicates are remembered.
    if (before !== undefined && now - before < limits.dedupIdleMs)
      this.fail(entry, `came twice to ${life.member.name} (life ${life.number})`);
    seen.set(key, now).set(`number ${entry.number}`, now);
  }

  private checkContent(life: Life, message: Message<LedgerBody>, entry: SentMessage): void {
    count(this.checks, 'bodies intact', 1);
    const { node } = entry.source;
    if (message.from !== node.name || message.instance !== node.instance)
      this.fail(entry, `came to ${life.member.name} as from ${message.from}/${message.instance}`);
    if (!isFiller(message.body.filler, entry.number, entry.bodyBytes))
      this.fail(entry, `came to ${life.member.name} with another body`);
    if (entry.to !== undefined && !entry.to.includes(life.node.name))
      this.fail(entry, `came to ${life.member.name}, to which it was not sent`);
  }

  private fail(message: SentMessage, text: string): void {
    const { source, number, sentAt } = message;
    this.mesh.world.fail(
      `message ${number} of ${source.member.name}, sent at ${sentAt.toFixed(1)} ms, ${text}`,
    );
  }
}

function filler(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = fillerByte(number, i);
  return bytes;
}

function isFiller(bytes: Uint8Array, number: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== fillerByte(number, i)) return false;
  return true;
}

function fillerByte(number: number, at: number): number {
  return (number * 31 + at * 7 + (at >>> 8)) & 0xff;
}
