/**
 * The order of a store: operations wait in line, one group at a time becomes durable, then all of it is reported.
 *
 * Extended by each store, which says how a group is committed; called by the runtime through the `Store` contract.
 * When one commit ends the next takes what has come meanwhile, so that a slow disk has larger groups, without a timer.
 * Invariant: outcomes are reported in the order of the calls, and none before its group is durable.
 */
import type { Store, StoreOperation } from '../kernel/contracts.ts';
import { SkeinError } from '../kernel/errors.ts';
import { type Claim, claimingPart, claimVerb } from './claim.ts';
import { storeLimits } from './limits.ts';
import type { Outcome } from './parts.ts';
import { type Measured, measuredCopy } from './plain-data.ts';

/** One operation on its way. */
export interface Entry {
  readonly feature: string;
  readonly operation: StoreOperation;
}

interface Waiting extends Entry {
  readonly byteLength: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SkeinError) => void;
}

export abstract class OrderedStore implements Store {
  private readonly waiting: Waiting[] = [];
  private group: readonly Waiting[] = [];
  private state: 'open' | 'closing' | 'closed' = 'open';
  private whenClosed: (() => void)[] = [];

  /** Makes the group durable, in order and each entirely or not at all; `done` takes one outcome for each. */
  protected abstract commit(group: readonly Entry[], done: (outcomes: readonly Outcome[]) => void): void;

  /** Operations get the copy of their input itself, and could change it. */
  protected get runsHere(): boolean {
    return true;
  }

  /** Asked for and not reported yet. */
  get pendingCount(): number {
    return this.group.length + this.waiting.length;
  }

  /** What is refused here is refused at once, and never waits: a closed store, a full line, input that is not plain. */
  execute(feature: string, { verb, input }: StoreOperation): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.state !== 'open') throw closedError(feature, verb);
      if (this.pendingCount >= storeLimits.operationsWaitingMax) throw busyError(feature, verb);
      const { copy, bytes: byteLength } = this.copied(feature, verb, input);
      this.waiting.push({ feature, operation: { verb, input: copy }, byteLength, resolve, reject });
      if (this.group.length === 0) this.commitNext();
    });
  }

  claim(epoch: number): Promise<Claim> {
    return this.execute(claimingPart, { verb: claimVerb, input: epoch as never }) as Promise<Claim>;
  }

  /** What was asked for before is still carried out and reported. */
  close(): Promise<void> {
    if (this.state === 'open') this.state = 'closing';
    return new Promise((resolve) => {
      this.whenClosed.push(resolve);
      this.closeIfIdle();
    });
  }

  /** Ends it at once: what is on its way is never reported. Returns the group that was being committed. */
  protected abandon(): readonly Entry[] {
    const { group } = this;
    this.state = 'closed';
    this.group = [];
    this.waiting.length = 0;
    this.closeIfIdle();
    return group;
  }

  private commitNext(): void {
    const group = this.waiting.splice(0, this.nextGroupLength());
    this.group = group;
    if (group.length > 0) this.commit(group, (outcomes) => this.report(group, outcomes));
    else this.closeIfIdle();
  }

  private nextGroupLength(): number {
    let bytes = 0;
    let length = 0;
    for (const { byteLength } of this.waiting) {
      bytes += byteLength;
      if (length > 0 && bytes > storeLimits.groupBytesMax) break;
      if (++length === storeLimits.groupOperationsMax) break;
    }
    return length;
  }

  private report(group: readonly Waiting[], outcomes: readonly Outcome[]): void {
    if (this.group !== group) return;
    for (const [i, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[i] as Outcome;
      if (outcome.ok) resolve(outcome.value);
      else reject(outcome.error);
    }
    this.commitNext();
  }

  /** Copied before anything waits: the caller may change what it gave as soon as the call is over. */
  private copied<Input>(feature: string, verb: string, input: Input): Measured<Input> {
    try {
      return measuredCopy(input, `${feature} ${verb}: the input`, this.runsHere);
    } catch (error) {
      throw new SkeinError('SKEIN_INVALID', (error as Error).message, { cause: error });
    }
  }

  private closeIfIdle(): void {
    if (this.state === 'open' || this.pendingCount > 0) return;
    this.state = 'closed';
    for (const resolve of this.whenClosed.splice(0)) resolve();
  }
}

function closedError(feature: string, verb: string): SkeinError {
  return new SkeinError('SKEIN_CLOSED', `${feature} ${verb}: the store is closed, nothing was written`);
}

function busyError(feature: string, verb: string): SkeinError {
  const text = `${feature} ${verb}: ${storeLimits.operationsWaitingMax} operations wait for the disk, nothing was written`;
  return new SkeinError('SKEIN_BUSY', text);
}
