/**
 * Replies on their way to askers, and kept until those have them.
 *
 * Made by the responder. Invariant: what is kept for all askers together never exceeds `callsKeptBytesMax`: of the
 * oldest only is known that they were carried out. A reply that could not leave is tried again, until its asker
 * does not wait for it any more.
 */
import type { BehaviorAgent, PreparedFrame } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { lifeOf } from '../../../kernel/life.ts';
import { concatenate } from '../../../kernel/wire/bytes.ts';
import { headerBytes } from '../../../kernel/wire/frame.ts';
import type { Answer, Caller, Work } from './callers.ts';
import { callLimits } from './limits.ts';
import { CallType, encodeLife, encodeReplyHead, loadMax, loadOffset, ReplyStatus } from './wire.ts';

/** An answer that could not leave is tried again after this. */
const unsentAgainMs = 50;

export class Replies {
  private readonly agent: BehaviorAgent;
  private readonly loadHere: () => number;
  /** The beginnings of replies to each asker: with bytes, and with a value. */
  private readonly heads = new WeakMap<Caller, readonly [PreparedFrame, PreparedFrame]>();
  /** Oldest first; those that are released leave it when it is their turn, or when they are many. */
  private kept: Work[] = [];
  private keptBytes = 0;
  private released = 0;
  private readonly unsent = new Set<Work>();
  private unsentAt = Number.POSITIVE_INFINITY;

  /** @param loadHere What this node has under way, told with each reply. */
  constructor(agent: BehaviorAgent, loadHere: () => number) {
    this.agent = agent;
    this.loadHere = loadHere;
  }

  /** Without an answer: what has become of a call, or will not. */
  say(to: NodeId, life: number, number: number, status: ReplyStatus): void {
    this.tell(to, number, encodeReplyHead(life, status, this.loadHere()));
  }

  /** It has not come here. Which life says so: another one may well have had it. */
  sayUnknown(to: NodeId, life: number, number: number): void {
    const head = encodeReplyHead(life, ReplyStatus.unknown, this.loadHere());
    this.tell(to, number, concatenate([head, encodeLife(lifeOf(this.agent.self.instance))]));
  }

  private tell(to: NodeId, number: number, payload: Uint8Array): boolean {
    const options = { type: CallType.reply, sequence: number };
    return this.agent.send({ to: 'node', node: to }, payload, options).length === 0;
  }

  send(work: Work, answer: Answer): void {
    if (this.leaves(work, answer)) return;
    this.unsent.add(work);
    this.unsentAt = Math.min(this.unsentAt, this.agent.now + unsentAgainMs);
  }

  private leaves({ caller, number }: Work, { status, encoding, bytes }: Answer): boolean {
    if (status === ReplyStatus.done && caller.source !== this.agent.self.id) {
      const head = this.headTo(caller)[encoding as 0 | 1];
      writeLoad(head.bytes, this.loadHere());
      return this.agent.sendPrepared(head, number, bytes) === undefined;
    }
    const head = encodeReplyHead(caller.life, status, this.loadHere(), encoding);
    return this.tell(caller.source, number, concatenate([head, bytes]));
  }

  private headTo(caller: Caller): readonly [PreparedFrame, PreparedFrame] {
    let heads = this.heads.get(caller);
    if (heads === undefined) {
      heads = [this.prepare(caller, 0), this.prepare(caller, 1)];
      this.heads.set(caller, heads);
    }
    return heads;
  }

  private prepare({ source, life }: Caller, encoding: number): PreparedFrame {
    const head = encodeReplyHead(life, ReplyStatus.done, 0, encoding);
    return this.agent.prepare(source, head, { type: CallType.reply });
  }

  // ── kept ──────────────────────────────────────────────────────────────────────────────────────────

  keep(work: Work): void {
    this.kept.push(work);
    this.keptBytes += sizeOf(work);
    for (let i = 0; this.keptBytes > callLimits.callsKeptBytesMax && i < this.kept.length; i++) {
      const oldest = this.kept[i] as Work;
      this.keptBytes -= sizeOf(oldest);
      oldest.answer = undefined;
    }
  }

  /** Its asker has it, or does not want it any more. */
  release(work: Work): void {
    this.keptBytes -= sizeOf(work);
    work.answer = undefined;
    this.unsent.delete(work);
    this.released++;
    if (this.released < 1024 || this.released * 2 < this.kept.length) return;
    this.kept = this.kept.filter(({ answer }) => answer !== undefined);
    this.released = 0;
  }

  // ── not gone yet ──────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    return this.unsentAt;
  }

  deadline(now: number): void {
    if (now < this.unsentAt) return;
    // One that waits for a full link waits with all others for it.
    const stuck = new Set<NodeId>();
    for (const work of [...this.unsent]) {
      const { answer, source } = work;
      if (stuck.has(source)) continue;
      if (answer === undefined || this.leaves(work, answer)) this.unsent.delete(work);
      else stuck.add(source);
    }
    this.unsentAt = this.unsent.size === 0 ? Number.POSITIVE_INFINITY : now + unsentAgainMs;
  }
}

/** A short one costs its place as well. */
const placeBytes = 200;

function sizeOf({ answer }: Work): number {
  return answer === undefined ? 0 : placeBytes + answer.bytes.length;
}

function writeLoad(frame: Uint8Array, load: number): void {
  const at = headerBytes + loadOffset;
  const shown = Math.min(load, loadMax);
  frame[at] = shown >>> 8;
  frame[at + 1] = shown;
}
