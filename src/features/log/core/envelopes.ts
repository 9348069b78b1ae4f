/**
 * Envelopes of the messages that this node sends, on their way to the log: gathered, and given to the broker some at a time.
 *
 * Made by the log's behavior where its node is to log messages; messaging calls `sent` on its hot path. Invariant: sending
 * waits for nothing here and cannot fail here. What is kept is limited, and what was not logged is counted and logged as a
 * count, once there is somebody who takes it.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import type { Answer } from '../../swarm/core/shared.ts';
import type { EnvelopeBatch, PackedEnvelope } from './envelope-wire.ts';
import { logLimits } from './limits.ts';

export interface EnvelopesPorts {
  agent(): Pick<BehaviorAgent, 'now' | 'directory' | 'flushLater'>;
  /** To the broker. */
  ask(batch: EnvelopeBatch, reply: Answer): void;
}

interface Envelope {
  readonly at: number;
  readonly kind: string;
  /** The first ones. */
  readonly to: NodeId | readonly NodeId[] | 'all';
  readonly more: number;
  readonly wantsReceipt: boolean;
}

const never = Number.POSITIVE_INFINITY;

export class Envelopes {
  readonly counts = { logged: 0, notLogged: 0 };
  private readonly ports: EnvelopesPorts;
  private readonly rate = new TokenBucket(
    logLimits.logEnvelopesPerSecond,
    logLimits.logEnvelopesWaitingMax,
    0,
  );
  private waiting: Envelope[] = [];
  /** Not logged, and not said yet. */
  private missed = 0;
  private isAsking = false;
  private lastNumber = 0;
  private sendAt = never;
  private againMs: number = logLimits.logAgainMs;
  private whenIdle: (() => void) | undefined;

  constructor(ports: EnvelopesPorts) {
    this.ports = ports;
  }

  readonly sent = (kind: string, to: NodeId | readonly NodeId[] | 'all', wantsReceipt: boolean): void => {
    const agent = this.ports.agent();
    const { now } = agent;
    if (this.waiting.length >= logLimits.logEnvelopesWaitingMax || !this.rate.take(now)) this.miss(1);
    else this.waiting.push({ at: now, kind, ...firstOf(to), wantsReceipt });
    if (this.isAsking || this.sendAt !== never) return;
    this.sendAt = now + logLimits.logEnvelopesWaitMs;
    // The kernel asks for the next deadline of behaviors that were called, and messaging was.
    agent.flushLater();
  };

  get isIdle(): boolean {
    return !this.isAsking && this.waiting.length === 0 && this.missed === 0;
  }

  nextDeadline(): number {
    return this.sendAt;
  }

  deadline(now: number): void {
    if (now >= this.sendAt) this.send();
  }

  /** The node is about to close. @param idle Called once nothing waits any more, or the broker has not taken it. */
  drain(idle: () => void): void {
    if (this.isIdle) return idle();
    this.whenIdle = idle;
    if (!this.isAsking) this.send();
  }

  private send(): void {
    this.sendAt = never;
    const envelopes = this.takeBatch();
    const { missed } = this;
    if (envelopes.length === 0 && missed === 0) return;
    this.missed = 0;
    this.isAsking = true;
    const answer = (): void => {
      this.counts.logged += envelopes.length;
      this.againMs = logLimits.logAgainMs;
      this.asked(true);
    };
    const fail = (): void => {
      this.missed += missed;
      this.miss(envelopes.length);
      this.asked(false);
      this.againMs = Math.min(2 * this.againMs, logLimits.logEnvelopesAgainMsMax);
    };
    this.ports.ask({ number: ++this.lastNumber, missed, envelopes }, { answer, fail });
  }

  /** As many as fit into one question. */
  private takeBatch(): readonly PackedEnvelope[] {
    const { now, directory } = this.ports.agent();
    const nameOf = (node: NodeId): string => directory.get(node)?.name ?? '';
    const batch: PackedEnvelope[] = [];
    let left: number = logLimits.logEnvelopesBytesMax;
    for (const envelope of this.waiting) {
      const each = packed(envelope, now, nameOf);
      left -= sizeOf(each);
      if (batch.length === logLimits.logEnvelopesPerBatch || left < 0) break;
      batch.push(each);
    }
    this.waiting.splice(0, batch.length);
    return batch;
  }

  private asked(isTaken: boolean): void {
    this.isAsking = false;
    const { waiting, whenIdle } = this;
    if (whenIdle !== undefined && isTaken && waiting.length > 0) return this.send();
    this.whenIdle = undefined;
    if (whenIdle !== undefined) return whenIdle();
    if (waiting.length === 0 && this.missed === 0) return;
    const { now } = this.ports.agent();
    const isFull = waiting.length >= logLimits.logEnvelopesPerBatch;
    // A broker that takes them is given what waits; one that does not is left alone for a while.
    this.sendAt = now + (isTaken ? (isFull ? 0 : logLimits.logEnvelopesWaitMs) : this.againMs);
  }

  private miss(count: number): void {
    this.missed += count;
    this.counts.notLogged += count;
  }
}

/** UTF-8 bytes as JSON, at most: a kind may consist of what JSON writes with six characters. */
function sizeOf([, , kind, recipients]: PackedEnvelope): number {
  return 48 + 6 * kind.length + recipients.length;
}

/** A message to a whole mesh must not hold its list. */
function firstOf(to: NodeId | readonly NodeId[] | 'all'): Pick<Envelope, 'to' | 'more'> {
  const { logEnvelopeNamesMax } = logLimits;
  if (typeof to !== 'object' || to.length <= logEnvelopeNamesMax) return { to, more: 0 };
  return { to: to.slice(0, logEnvelopeNamesMax), more: to.length - logEnvelopeNamesMax };
}

function packed(
  { at, kind, to, more, wantsReceipt }: Envelope,
  now: number,
  nameOf: (node: NodeId) => string,
): PackedEnvelope {
  const nodes = to === 'all' ? [] : typeof to === 'object' ? to : [to];
  // A node that was never heard of has no name here.
  const names = nodes.map(nameOf).filter((name) => name !== '');
  const unnamed = nodes.length - names.length;
  const age = Math.max(0, Math.floor(now - at));
  return [wantsReceipt ? 1 : 0, age, kind, names.join(' '), more + unnamed, to === 'all' ? 1 : 0];
}
