/**
 * The order of a store: operations wait in line until what became of them is known, and are reported in that order.
 *
 * Extended by each store, which carries out what was asked for; called by the runtime through the `Store` contract.
 * Invariant: outcomes are reported in the order of the calls; what was asked for before the store was closed is reported.
 */
import type { Store, StoreOperation } from '../kernel/contracts.ts';
import { SkeinError } from '../kernel/errors.ts';
import { type Claim, claimingPart, claimVerb } from './claim.ts';
import type { SizedEntry } from './group.ts';
import { storeLimits } from './limits.ts';
import type { Outcome } from './parts.ts';
import { type Measured, measuredCopy } from './plain-data.ts';

interface Waiting extends SizedEntry {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SkeinError) => void;
}

export abstract class OrderedStore implements Store {
  private readonly line: Waiting[] = [];
  private state: 'open' | 'closing' | 'closed' = 'open';
  private whenClosed: (() => void)[] = [];

  /** One more was asked for. */
  protected abstract added(): void;

  /** Operations get the copy of their input itself, and could change it. */
  protected get runsHere(): boolean {
    return true;
  }

  /** Asked for and not reported yet. */
  get pendingCount(): number {
    return this.line.length;
  }

  /** The same, in order. */
  protected get pending(): readonly SizedEntry[] {
    return this.line;
  }

  /** What is refused here is refused at once, and never waits: a closed store, a full line, input that is not plain. */
  execute(feature: string, { verb, input }: StoreOperation): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.state !== 'open') throw closedError(feature, verb);
      if (this.line.length >= storeLimits.operationsWaitingMax) throw busyError(feature, verb);
      const { copy, bytes: byteLength } = this.copied(feature, verb, input);
      this.line.push({ feature, operation: { verb, input: copy }, byteLength, resolve, reject });
      this.added();
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

  /** Ends it at once: what is on its way is never reported. */
  protected abandon(): void {
    this.state = 'closed';
    this.line.length = 0;
    this.closeIfIdle();
  }

  /** Of the first in line. */
  protected report(outcomes: readonly Outcome[]): void {
    for (const [i, { resolve, reject }] of this.line.splice(0, outcomes.length).entries()) {
      const outcome = outcomes[i] as Outcome;
      if (outcome.ok) resolve(outcome.value);
      else reject(outcome.error);
    }
    this.closeIfIdle();
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
    if (this.state === 'open' || this.line.length > 0) return;
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
