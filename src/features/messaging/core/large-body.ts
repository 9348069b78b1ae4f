/**
 * A body above the part size on its way: parts with a window, and the whole that they make.
 *
 * Made by the messaging behavior for each large send. Each part is a message of its own to the receipts;
 * the whole is resolved by the receipt that comes once a recipient has joined all parts. Invariant: at
 * most `partsInFlight` parts are on their way, and no more than get through within a second, so that a slow
 * link is not drowned in repeats; a recipient that misses one part misses the whole. The timeout counts
 * from the last part that got through, not from the start.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { messagingLimits } from './limits.ts';
import type { SendCommand } from './messaging-types.ts';
import { type Missing, none, type Outcome, type Pending } from './outbound.ts';
import { Waiting } from './waiting.ts';
import { type Content, MessageType } from './wire.ts';

export interface LargeBodyPorts {
  readonly now: () => number;
  /** Returns the part's own sequence. */
  readonly sendPart: (
    data: Content,
    to: readonly NodeId[],
    repeatAfterMs: number,
    done: (outcome: Outcome) => void,
  ) => number;
  /** The whole's deadline or repeat has moved. */
  readonly reschedule: (whole: Pending) => void;
  readonly trackWhole: (whole: Pending) => void;
  readonly missing: (whole: Pending, missing: Missing) => void;
  readonly done: (outcome: Outcome) => void;
}

export class LargeBody {
  private readonly sequence: number;
  private readonly command: SendCommand;
  private readonly ports: LargeBodyPorts;
  private readonly whole: Pending;
  private readonly partCount: number;
  private nextPart = 0;
  private inFlight = 0;
  private window = 1;
  /** How long the last part took; before that, a guess that spares a slow link. */
  private tookMs: number = limits.repeatAfterMsMax / 2;
  private filling = false;
  /** Sent again when the receipt of the whole is late: a recipient that has it all answers for the whole too. */
  private lastPart: { readonly sequence: number; readonly data: Content } | undefined;

  constructor(sequence: number, command: SendCommand, recipients: readonly NodeId[], ports: LargeBodyPorts) {
    this.sequence = sequence;
    this.command = command;
    this.ports = ports;
    this.partCount = Math.ceil(command.body.length / messagingLimits.partBytes);
    this.whole = {
      sequence,
      type: MessageType.data,
      kind: command.kind,
      encoding: command.encoding,
      body: command.body,
      part: undefined,
      traced: command.traced,
      waiting: Waiting.of(recipients),
      delivered: none,
      missing: none,
      returnedCount: 0,
      done: (outcome) => this.ports.done(outcome),
      handle: undefined,
      heldBytes: command.body.length,
      wakeAt: 0,
      deadline: ports.now() + command.timeoutMs,
      repeatAt: Number.POSITIVE_INFINITY,
      repeatAfterMs: limits.repeatAfterMsMax,
    };
  }

  start(): void {
    if (this.whole.waiting.size === 0)
      return this.ports.done({ sequence: this.sequence, delivered: [], missing: [] });
    this.ports.trackWhole(this.whole);
    this.fill();
  }

  /** What to send again for the whole. */
  get reminder(): { readonly sequence: number; readonly data: Content } | undefined {
    return this.inFlight === 0 ? this.lastPart : undefined;
  }

  abort(): void {
    for (const node of this.whole.waiting.nodes()) this.lose({ node, reason: 'aborted' });
  }

  private fill(): void {
    // A part may fail at once and call back from within: the loop that runs goes on, no second one starts.
    if (this.filling) return;
    this.filling = true;
    while (this.inFlight < this.window && this.nextPart < this.partCount && this.whole.waiting.size > 0) {
      this.sendNext();
    }
    this.filling = false;
  }

  private sendNext(): void {
    const { kind, encoding, body } = this.command;
    const index = this.nextPart++;
    const start = index * messagingLimits.partBytes;
    const part = { whole: this.sequence, index, count: this.partCount, totalBytes: body.length };
    const data = { kind, encoding, part, body: body.subarray(start, start + messagingLimits.partBytes) };
    this.inFlight++;
    const to = this.whole.waiting.nodes();
    const sentAt = this.ports.now();
    const repeatAfterMs = Math.max(limits.repeatAfterMs, 2 * this.tookMs);
    const done = (outcome: Outcome): void => this.partDone(outcome, sentAt);
    this.lastPart = { sequence: this.ports.sendPart(data, to, repeatAfterMs, done), data };
  }

  private partDone(outcome: Outcome, sentAt: number): void {
    this.inFlight--;
    for (const missing of outcome.missing) this.lose(missing);
    const now = this.ports.now();
    if (outcome.delivered.length > 0) this.measured(now - sentAt);
    this.fill();
    if (outcome.delivered.length === 0) return;
    this.whole.deadline = now + this.command.timeoutMs;
    if (this.inFlight === 0) this.whole.repeatAt = now + limits.repeatAfterMs;
    this.ports.reschedule(this.whole);
  }

  /** The window opens while parts are quick, and closes to one when they take longer than a repeat waits. */
  private measured(tookMs: number): void {
    this.tookMs = tookMs;
    if (tookMs < limits.repeatAfterMs / 2)
      this.window = Math.min(this.window + 1, messagingLimits.partsInFlight);
    else if (tookMs > limits.repeatAfterMs) this.window = Math.max(1, Math.floor(this.window / 2));
  }

  private lose({ node, reason }: Missing): void {
    this.ports.missing(this.whole, { node, reason });
  }
}
