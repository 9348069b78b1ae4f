/**
 * What authors and recipients knew at some moment, by the lines that they had written until then.
 *
 * Read from the trace. Invariant: a line counts from the moment at which its write was begun: its writer had the answer
 * of the broker then.
 */
import type { Call } from './trace.ts';

export class Receipts {
  /** SHA-256 of the body by the letter's id. */
  readonly stored = new Map<string, string>();
  /** Recipients by the letter's id. */
  readonly settled = new Map<string, string>();
  /** Ids of tasks. */
  readonly ordered = new Set<string>();
  /** Fences of claims whose start was released, and of results, by the task's id. */
  readonly claimed = new Map<string, number>();
  readonly done = new Map<string, number>();

  /** @param call A write to the file of receipts. */
  add({ bytes }: Extract<Call, { type: 'write' }>): void {
    const text = new TextDecoder().decode(bytes);
    const [what, id, value] = text.trimEnd().split(' ');
    if (id === undefined || value === undefined) throw new Error(`no receipt: ${text}`);
    if (what === 'stored') this.stored.set(id, value);
    else if (what === 'settled') this.settled.set(id, value);
    else if (what === 'ordered') this.ordered.add(id);
    else (what === 'claimed' ? this.claimed : this.done).set(id, Number(value));
  }
}
